"""What is refused, what stands in the way and how a mail stands are codes; each has its sentence, made once."""

from gettext import NullTranslations
from typing import get_args

import pytest

from worker.state import refusals
from worker.state.blockers import Blocker, BlockerCode
from worker.state.mail_status import Reason, ReasonCode, Todo
from worker.state.refusals import Blocked, Closed, ClosedFor, Refused
from worker.text.languages import LANGUAGES
from worker.wording import blockers as blocker_words
from worker.wording import mail_status as mail_words
from worker.wording import refusals as refusal_words

FACTS = {
    "why": "lately",
    "because": "withdrawn",
    "organization": "River Watch",
    "email": "office@watch.example",
    "addressee": "Minister Ada Weir",
    "visibilities": ["public"],
    "problems": {"role": "role missing"},
    "typed": "a@b@c",
    "reason": "Two signs.",
    "slug": "dam",
    "languages": ["fr", "km"],
    "act": "remind",
    "last": "extend",
    "left": 1,
    "answers": 2,
    "number": 12,
    "numbers": [2],
    "blockers": [Blocker("held")],
    "signed": 1,
    "quorum": 5,
    "span": "hour",
    "used": 1,
    "allowed": 2,
    "reply": "550 5.1.1 unknown",
    "zone": "UTC",
    "where": "sent",
    "erased": False,
    "to_bring": [],
    "waits": False,
    "wrong": [],
    "most": 20_000,
    "there": 19_999,
    "silent": 2,
    "keys": ["public_page"],
    "cancelled": False,
    "not_second": "asker",
    "over": "expired",
}


@pytest.fixture
def facts() -> dict[str, object]:
    from datetime import UTC, datetime

    moment = datetime(2030, 4, 14, 18, tzinfo=UTC)
    return FACTS | {"deadline": moment, "until": moment, "since": moment, "day": moment}


def test_every_refusal_has_a_code_of_its_own_and_a_sentence_for_organizers() -> None:
    codes = [refused.code for refused in Refused.__subclasses__()]
    assert len(codes) == len(set(codes)) >= 20
    for_organizers, for_both = set(refusal_words._SENTENCES), set(refusal_words._FOR_BOTH)
    assert for_organizers | for_both == set(codes) == refusals.codes()
    assert not for_organizers & for_both
    assert set(refusal_words._FOR_PARTNERS) <= set(codes)


@pytest.mark.parametrize("refused", Refused.__subclasses__(), ids=lambda one: one.code)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_refusal_is_a_sentence_in_the_readers_language_and_names_no_command(
    refused: type[Refused], language: str, facts: dict[str, object]
) -> None:
    for audience in ("partner", "organizer"):
        said = refusal_words.sentence(refused(**facts), language, audience)
        assert said.endswith((".", "។", "…"))
        assert "undersigned" not in said


@pytest.mark.parametrize("what", get_args(ClosedFor))
@pytest.mark.parametrize("early", [False, True])
def test_too_late_says_for_what(what: str, early: bool) -> None:
    said = refusal_words.sentence(Closed(what=what, early=early))
    assert said.startswith(("The deadline has passed: ", "It was closed early: ", "The list is closed: "))


def test_what_only_organizers_are_told_is_asked_of_their_catalogue(
    monkeypatch: pytest.MonkeyPatch, facts: dict[str, object]
) -> None:
    class Marked(NullTranslations):
        def gettext(self, message: str) -> str:
            return f"¿{message}"

        def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
            return f"¿{msgid1 if n == 1 else msgid2}"

    for module in (refusal_words, blocker_words, mail_words):
        monkeypatch.setattr(module, "catalogue", lambda language: Marked())
    of_refusals = [refusal_words.sentence(one(**facts), "fr") for one in Refused.__subclasses__()]
    assert sum("¿" in said for said in of_refusals) == len(refusal_words._SENTENCES)
    assert all("¿" in blocker_words.sentence(Blocker(code, facts), "fr") for code in get_args(BlockerCode))
    assert all("¿" in (mail_words.reason_words(Reason(code, facts), "fr") or "") for code in get_args(ReasonCode))


def test_an_exception_tells_no_name(facts: dict[str, object]) -> None:
    for refused in Refused.__subclasses__():
        assert "River Watch" not in f"{refused(**facts)} {refused(**facts)!r}"


def test_every_blocker_has_its_sentence_without_a_command(facts: dict[str, object]) -> None:
    assert set(blocker_words._SENTENCES) == set(get_args(BlockerCode))
    for code in get_args(BlockerCode):
        said = blocker_words.sentence(Blocker(code, facts))
        assert said.endswith(".")
        assert "undersigned" not in said
    assert refusal_words.sentence(Blocked(blockers=[Blocker("held")])) == "The letter is not sent: It is held."


def test_every_reason_of_a_mail_and_every_thing_to_do_has_its_words(facts: dict[str, object]) -> None:
    assert set(mail_words._REASONS) == set(get_args(ReasonCode))
    assert set(mail_words._TODO) == set(get_args(Todo))
    for code in get_args(ReasonCode):
        said = mail_words.reason_words(Reason(code, facts))
        assert said
        assert "undersigned" not in said
