"""Another text of the letter: typed, compared with the present one, and then either a typo or another meaning."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy.orm import Session

from worker.acts.amend_letter import Amended, replace_letter, with_words
from worker.definition import typed_letter
from worker.models import Campaign, Letter
from worker.state.members import can_be_in_letter, is_in_letter
from worker.state.refusals import Closed, Refused
from worker.web.desk.doing import At, DeskAct, Unfinished, Wrong
from worker.wording.acts import Before
from worker.wording.acts import amend as words
from worker.wording.changes import Item, all_changes, parts_left_alone
from worker.wording.organizers import O_, in_language
from worker.wording.problems import Why

_PARTS = ("office", "salutation")
_MOST_FIELDS = 36  # beside the texts and what else the form has: forms.MAX_FIELDS


def _addressing(letter: Letter) -> list[tuple[int, str, str, str]]:
    """What is said of each addressee that can be typed anew: its place, the part, the language, and the words.

    Nothing where that would be more fields than a form takes.
    """
    found = [
        (one.position, part, language, said)
        for one in letter.addressees
        for part in _PARTS
        for language, said in getattr(one, part).items()
    ]
    return found if len(found) <= _MOST_FIELDS else []


def _field(position: int, part: str, language: str) -> str:
    return f"{part}-{position}-{language}".rstrip("-")


def _fields(letter: Letter) -> dict[str, str]:
    """What is in the form, as it stands."""
    fields = {f"letter-{language}": text for language, text in letter.texts.items()}
    return fields | {_field(at, part, language): said for at, part, language, said in _addressing(letter)}


def _typed_letter(present: Letter, typed: Mapping[str, str]) -> Letter:
    """The letter as it was typed; what is not in the form stays."""
    texts = {language: typed.get(f"letter-{language}", text) for language, text in present.texts.items()}
    addressed = {
        (position, part, language): typed.get(_field(position, part, language), said).strip()
        for position, part, language, said in _addressing(present)
    }
    return with_words(present, typed_letter.read_letter(texts, present.texts), addressed)


def _problems(campaign: Campaign, after: Letter) -> dict[str, Why]:
    """All that is wrong with it, each below its field."""
    before = is_in_letter(campaign) or can_be_in_letter(campaign)
    found: dict[str, Why] = {
        f"letter-{language}": problems
        for language, problems in typed_letter.check_letter(
            after.texts, members_closed=campaign.members == "closed", members_before=before
        ).items()
    }
    stood = _fields(campaign.letter)
    for position, part, language, said in _addressing(after):
        wrong = typed_letter.check_line(said)
        if not said and part == "salutation" and stood[_field(position, part, language)]:
            wrong = "salutation missing"
        if wrong:
            found[_field(position, part, language)] = wrong
    return found


def _left_alone(campaign: Campaign, after: Letter) -> list[str]:
    """The languages in which less changes than in another."""
    return list(parts_left_alone(campaign.letter, after, campaign.authentic))


def _amend(session: Session, at: At) -> Amended:
    campaign, typed = at.campaign, at.typed
    after = _typed_letter(campaign.letter, typed)
    problems = _problems(campaign, after)
    if typed.get("version") != str(campaign.letter.version):
        problems["version"] = "letter of another version"
    if problems:
        raise Wrong(**problems)
    alone, shown = _left_alone(campaign, after), typed.get("shown")
    if shown:
        if typed.get("kind") not in {"typo", "meaning"}:
            problems["kind"] = "kind missing"
        problems |= {f"same-{language}": "same missing" for language in alone if not typed.get(f"same-{language}")}
    if problems:
        raise Wrong(**problems)
    meaning = typed.get("kind") != "typo"
    try:
        amended = replace_letter(session, campaign.id, after, meaning=meaning, unchanged=alone)
    except Closed:
        raise
    except Refused as refused:  # what was typed stays on its page
        raise Wrong(**{"kind" if shown else f"letter-{campaign.authentic}": refused}) from None
    if not shown:
        raise Unfinished
    return amended


def _before(session: Session, at: At) -> Before:
    present = at.campaign.letter
    amended = _amend(session, at)
    if at.typed.get("kind") == "typo":
        before = words.typo(amended.told, amended.not_concerned, at.language)
    else:
        before = words.meaning(amended.told, amended.fallen, amended.not_told, amended.members, at.language)
    return replace(before, changes=all_changes(present, at.campaign.letter, at.campaign.authentic))


def _form(session: Session, at: At) -> dict[str, Any]:
    campaign, present = at.campaign, at.campaign.letter
    changes: list[Item] = []
    alone: list[str] = []
    remarks: list[str] = []
    after = _typed_letter(present, at.typed)
    if is_compared := bool(at.typed) and not _problems(campaign, after):
        changes = all_changes(present, after, campaign.authentic)
        alone = _left_alone(campaign, after)
        remarks = [in_language(remark.sentence, at.language) for remark in typed_letter.remarks_of(after.texts)]
    return {
        "typed": _fields(present),
        "version": present.version,
        "languages_of_letter": list(present.texts),
        "addressees": [
            (
                one.name,
                [
                    (_field(position, part, language), part, language)
                    for position, part, language, _ in _addressing(present)
                    if position == one.position
                ],
            )
            for one in present.addressees
        ],
        "is_compared": is_compared,
        "changes": changes,
        "left_alone": [(f"same-{language}", language) for language in alone],
        "remarks": remarks,
    }


AMEND = DeskAct(
    "amend",
    O_("Change the letter"),
    "letter",
    _before,
    _amend,
    form_page="amend",
    form=_form,
    sends=True,
    fits=lambda at: at.campaign.takes_answers(at.visitor.now),
    then=O_("The emails leave in a minute. Until then you can take it back."),
    takes_letter=True,
)
