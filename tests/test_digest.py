"""What the addressee is told of members: once a day at most, nobody twice, and nobody who went."""

import asyncio
import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast
from tests.conftest import Clock
from tests.deliveries import mails, taken
from tests.mails import is_silent_about, says
from tests.scripted_smtp import ScriptedServer
from tests.servers import TIMEOUT_S
from tests.sql import statements
from tests.voices import a_member
from worker import db, settings, tokens
from worker.acts import add_voice, bounce, cancel, dispatch, erase, hold
from worker.acts import digests as acts
from worker.acts.add_voice import Voice
from worker.acts.draw_digests import draw_digest
from worker.acts.leave_out import leave_names_out
from worker.cli import console
from worker.cli.commands import app
from worker.mail import claims, delivery
from worker.mail import digests as told
from worker.mail.bounce_reports import Bounce
from worker.mail.mime import NothingToSay
from worker.models import Addressee, Appearance, Campaign, Digest, Letter, Mail, Member
from worker.state import digests, members
from worker.state.due import due_acts
from worker.state.refusals import NameNotTold
from worker.text.languages import LANGUAGES
from worker.web import key_gate
from worker.wording.composing import compose_batch
from worker.wording.mails import word_mail

pytestmark = pytest.mark.usefixtures("database")
WELL: dict[str, str] = {}


@pytest.fixture
def campaign_id(clock: Clock) -> int:
    return a_campaign()


def a_campaign(slug: str = "dam", **definition: Any) -> int:
    """One whose letter has just reached its addressee."""
    settings.set_for_this_process(smtp_connections=1)
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug, **{"members": "named", "public_page": "from launch"} | definition)
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        return campaign.id


def joins(campaign_id: int, name: str, appearance: Appearance = "named", **more: Any) -> int:
    with db.transaction() as session:
        return a_member(session, session.get_one(Campaign, campaign_id), name, appearance=appearance, **more).id


def changes(member_id: int, **columns: Any) -> None:
    with db.transaction() as session:
        member = session.get_one(Member, member_id)
        for column, value in columns.items():
            setattr(member, column, db.clock(session) if value == "now" else value)


def withdraws(member_id: int) -> None:
    changes(member_id, withdrawn_at="now")


def draws(campaign_id: int) -> int:
    with db.transaction() as session:
        return draw_digest(session, campaign_id)


def decides(act: Callable[..., Any], campaign_id: int, *more: Any) -> Any:
    with db.transaction() as session:
        return act(session, campaign_id, *more)


def drain(
    faults: dict[str, str] = WELL, *, meanwhile: Callable[[], object] | None = None, at: str = "RCPT"
) -> list[EmailMessage]:
    """Deliver what is due; what the addressee got. `meanwhile` happens while the relay thinks about an answer."""

    async def deliver() -> ScriptedServer:
        async with ScriptedServer(faults, gate_at=at) as server:
            settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
            if meanwhile is not None:
                server.gate.clear()
            run = asyncio.create_task(delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S))
            if meanwhile is not None:
                await server.at(at).wait()
                await asyncio.to_thread(meanwhile)
                server.gate.set()
            await run
            return server

    found = taken(asyncio.run(deliver()))
    return [mail for mail in found if str(mail["To"]) == "minister@water.example"]


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def a_day_later(clock: Clock, campaign_id: int) -> int:
    """What is drawn the day after, and its time to leave has come; what the organizers get of it has left."""
    clock.advance(days=1)
    put = draws(campaign_id)
    drain()
    clock.advance(hours=3)
    return put


def told_of() -> dict[str, int | None]:
    """In which digest each was told of, as the rows have it."""
    with db.reading() as session:
        return {member.name: member.digest_id for member in session.scalars(select(Member).order_by(Member.id))}


def state(kind: str = "digest") -> list[str]:
    return [digests.state_of(mail) for mail in mails(kind)]


def number_told(campaign_id: int) -> int | None:
    with db.reading() as session:
        return members.number_told(session, session.get_one(Campaign, campaign_id))


def shown_last() -> str:
    """What the organizers got last of a digest, as text."""
    with db.reading() as session:
        shown = session.scalars(select(Mail).where(Mail.kind == "digest_ready").order_by(Mail.id.desc())).first()
        assert shown is not None
        return word_mail(session, shown).text


def is_due(campaign_id: int) -> bool:
    with db.reading() as session:
        return ("digest", campaign_id) in due_acts(session)


def test_the_addressee_is_told_once_a_day_at_most_and_of_nobody_twice(campaign_id: int, clock: Clock) -> None:
    got: list[EmailMessage] = []
    for day in range(3):
        joins(campaign_id, f"Person {day}")
        joins(campaign_id, "", "counted")
        for _ in range(12):
            clock.advance(hours=2)
            draws(campaign_id)
            got += drain()

    assert [re.findall(r"\d+ members", text(mail)) for mail in got] == [[f"{n} members"] for n in (2, 4, 6)]
    assert [re.findall(r"Person \d", text(mail)) for mail in got] == [[f"Person {day}"] for day in range(3)]
    left = [mail.in_data_at for mail in [*mails("letter"), *mails("digest")] if mail.in_data_at]
    assert all(later - earlier >= timedelta(days=1) for earlier, later in itertools.pairwise(left))
    assert number_told(campaign_id) == 6
    clock.advance(days=3)
    assert (is_due(campaign_id), draws(campaign_id)) == (False, 0), "there is nobody new"


def test_names_stand_in_their_order_with_the_words_that_an_organizer_agreed_to(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Zoé", words="Water\nis life.\n\nSee a.example")
    joins(campaign_id, "Émile", words="not yet read", agreed=False)
    joins(campaign_id, "Eva **x** <b>")
    joins(campaign_id, "Hidden", "counted", words="mine")
    refused = joins(campaign_id, "Élan", words="refused words")
    changes(refused, words_agreed_at=None, words_refused_at="now")
    assert is_due(campaign_id) is False
    clock.advance(hours=22)
    assert is_due(campaign_id)
    a_day_later(clock, campaign_id)

    [mail] = drain()

    said = text(mail)
    assert "**" not in said.replace("**x**", "")
    assert re.findall(r"Zoé|Émile|Eva \*\*x\*\* <b>|Hidden|Élan", said) == [
        "Élan",
        "Eva **x** <b>",
        "Zoé",
    ]
    assert "> Water > is life. > > See a. example" in said, "nothing that was typed is a link"
    assert "5 members" in said, "who waits is counted"
    assert not re.search("not yet read|refused words|mine", said)
    assert (mail["List-Unsubscribe-Post"], str(mail["From"]).split(" <")[0]) == (None, "Rivers Secretariat")
    [digest] = _digests()
    assert str(mail["List-Unsubscribe"]).strip("<>") == str(tokens.link(digest, "digest"))
    assert {name for name, told in told_of().items() if told} == {"Zoé", "Eva **x** <b>", "Élan"}


def _digests() -> list[Digest]:
    with db.reading() as session:
        return list(session.scalars(select(Digest).order_by(Digest.id)))


def test_organizers_read_it_whole_before_it_leaves_without_the_addressees_link(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok", words="Water is life.")
    clock.advance(hours=22.5)
    draws(campaign_id)
    server = taken(asyncio.run(_all()))

    [shown] = [mail for mail in server if "waits to be sent" in str(mail["Subject"])]
    for part in ("plain", "html"):
        body = shown.get_body((part,))
        assert body is not None
        assert "Dara Sok" in body.get_content()
        assert "Water is life." in body.get_content()
        assert "/d/" not in body.get_content()
    assert str(shown["To"]) == "people@rivers.example"
    assert state() == ["waiting"]


async def _all() -> ScriptedServer:
    async with ScriptedServer() as server:
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.port}")
        await delivery.deliver_due(compose_batch, time.monotonic() + TIMEOUT_S)
        return server


@pytest.mark.parametrize(
    "change", [{"withdrawn_at": "now"}, {"appearance": "counted"}, {"name": "A Pseudonym"}, {"words": "other words"}]
)
def test_who_changes_its_mind_while_the_relay_stalls_is_told_of_as_it_wants(
    campaign_id: int, clock: Clock, change: dict[str, Any]
) -> None:
    member = joins(campaign_id, "Dara Sok", words="Water is life.")
    joins(campaign_id, "Kim Lay")
    a_day_later(clock, campaign_id)
    more = {"words_agreed_at": None, "words_at": "now"} if "words" in change else {}
    if "name" in change:
        more = {"named_at": "now"}

    [mail] = drain(meanwhile=lambda: changes(member, **change, **more))

    assert "Kim Lay" in text(mail)
    assert "Dara Sok" not in text(mail)
    assert "A Pseudonym" not in text(mail)
    assert ("1 member" in text(mail) or "One member" in text(mail)) == ("withdrawn_at" in change)
    assert state() == ["sent"]
    own = told_of()
    assert [own[name] is not None for name in own] == [False, True], "who was left out is for the next one"


@pytest.mark.parametrize("was", ["named", "counted"])
def test_no_name_reaches_the_addressee_that_organizers_could_not_see_before(
    campaign_id: int, clock: Clock, was: Appearance
) -> None:
    """However often its person swaps it once the digest was shown."""
    member = joins(campaign_id, "Dara Sok")
    joins(campaign_id, "Kim Lay")
    a_day_later(clock, campaign_id)
    for said in (Voice("Dara Sok", was), Voice("A Shame", "named")):
        with db.transaction() as session:
            add_voice.correct_voice(session, member, 1, said)
    [mail] = drain()
    assert "Kim Lay" in text(mail)
    assert "A Shame" not in text(mail)
    clock.advance(days=1)
    draws(campaign_id)
    assert "A Shame" in shown_last()
    drain()
    clock.advance(hours=3)
    [mail] = drain()
    assert "A Shame" in text(mail)


def test_a_name_that_is_none_is_left_out_as_organizers_copied_it_and_its_voice_counts(
    campaign_id: int, clock: Clock
) -> None:
    slogan = "The Minister takes bribes, say all who live by 12.River Road, and whoever wants clean water votes for us"
    joins(campaign_id, "Dara Sok")
    first, _ = (joins(campaign_id, slogan) for _ in range(2))
    clock.advance(days=1)
    draws(campaign_id)
    shown = shown_last()
    copied = shown[shown.index("The Minister takes") : shown.index("votes for us")] + "votes for us"
    assert "\n" in copied

    with pytest.raises(NameNotTold) as refused:
        decides(leave_names_out, campaign_id, [copied, "Kim Lay"])
    assert refused.value.facts == {"numbers": [2]}
    clock.advance(hours=3)
    [mail] = drain(meanwhile=lambda: decides(leave_names_out, campaign_id, [copied]))

    assert "3 members" in text(mail)
    assert "Dara Sok" in text(mail)
    assert "bribes" not in text(mail)
    with pytest.raises(NameNotTold):
        decides(leave_names_out, campaign_id, ["Dara Sok"])
    with db.transaction() as session:
        add_voice.correct_voice(session, first, 1, Voice(slogan, "named"))
    clock.advance(days=1)
    draws(campaign_id)
    assert "bribes" in shown_last(), "organizers read it again before the addressee does"
    decides(leave_names_out, campaign_id, [copied])
    clock.advance(hours=3)
    assert drain() == []


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_of_a_digest_that_failed_a_name_is_left_out_before_it_is_sent_again(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok")
    joins(campaign_id, "A Slogan")
    a_day_later(clock, campaign_id)
    drain({"end of data": "drop"})
    decides(leave_names_out, campaign_id, ["A Slogan"])
    decides(acts.send_again, campaign_id)
    [mail] = drain()
    assert "Dara Sok" in text(mail)
    assert "A Slogan" not in text(mail)


def test_who_is_named_is_told_of_whatever_it_does_as_the_digest_enters_data(campaign_id: int, clock: Clock) -> None:
    """Else the next one would name it again."""
    renamed, left, out = (joins(campaign_id, name) for name in ("Dara Sok", "Kim Lay", "Ana Lim"))
    clock.advance(days=1)
    draws(campaign_id)
    changes(out, appearance="counted")
    with db.transaction() as session:
        digest_id = session.scalars(select(Digest.id)).one()
        worded = told.Told(digest_id, session.execute(select(told.mark_of(digest_id))).scalar_one())
    changes(renamed, name="A Pseudonym", named_at="now")
    withdraws(left)
    with db.transaction() as session:
        told.let_go(session, worded)
    assert told_of() == {"A Pseudonym": digest_id, "Kim Lay": digest_id, "Ana Lim": None}


def test_a_digest_of_which_all_withdrew_is_not_sent_and_the_next_has_its_number(campaign_id: int, clock: Clock) -> None:
    member = joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    withdraws(member)

    assert drain() == []
    assert (state(), number_told(campaign_id)) == (["cancelled"], None)
    changes(member, withdrawn_at=None)
    joins(campaign_id, "Kim Lay")
    draws(campaign_id)
    clock.advance(hours=3)
    [mail] = drain()
    assert "2 members" in text(mail)
    assert "Dara Sok" in text(mail)


def test_a_worker_killed_between_data_and_its_answer_leaves_doubt_and_no_second_mail(
    campaign_id: int, clock: Clock
) -> None:
    member = joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    [mail] = mails("digest")
    with db.transaction() as session:
        assert mail.id in claims.claim(session, "killed")
    with db.reading() as session:
        [ready] = compose_batch(session, [mail.id])
    assert isinstance(ready, delivery.Ready)
    with db.transaction() as session:
        assert not claims.begin_data(session, mail.id, "another", ready.told)
        assert claims.begin_data(session, mail.id, "killed", ready.told)
    clock.advance(minutes=10)
    with db.transaction() as session:
        claims.mark_lost_leases_uncertain(session)
    joins(campaign_id, "Kim Lay")
    clock.advance(days=2)
    assert is_due(campaign_id), "the organizers are to be told"
    for _ in range(2):
        draws(campaign_id)
        assert drain() == []
    assert (state(), len(mails("digest_failed")), is_due(campaign_id)) == (["uncertain"], 1, False)
    assert number_told(campaign_id) is None

    withdraws(member)
    assert decides(acts.send_again, campaign_id) == 1
    assert drain() == [], "nobody is left in it"
    draws(campaign_id)
    clock.advance(days=1)
    [mail_again] = drain()
    assert "Kim Lay" in text(mail_again)


def comes_back() -> None:
    with db.transaction() as session:
        about = frozenset({tokens.fingerprint("minister@water.example")})
        bounce.apply_report(session, Bounce(mails("digest")[0].id, "hard", "5.1.1", "no such user", about))


@pytest.mark.parametrize("how", ["uncertain", "refused", "returned"])
def test_one_that_the_addressee_has_all_the_same_is_noted_and_its_number_is_told(
    campaign_id: int, clock: Clock, how: str
) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    drain({"uncertain": {"end of data": "drop"}, "refused": {"RCPT": "550 5.1.1 no such user"}}.get(how, WELL))
    if how == "returned":
        comes_back()
    assert state() == [how]

    assert decides(acts.note_arrived, campaign_id) == 1
    assert (state(), number_told(campaign_id)) == (["sent"], 1)
    logged = CliRunner().invoke(app, ["log", "dam"]).output
    assert "recorded that the addressee has an email about members" in logged
    assert "letter was brought" not in logged
    joins(campaign_id, "Kim Lay")
    assert a_day_later(clock, campaign_id), "the next one is drawn"
    assert "Dara Sok" not in text(drain()[-1])


@pytest.mark.parametrize("how", ["refused", "returned"])
def test_one_that_is_refused_or_comes_back_waits_for_a_person(campaign_id: int, clock: Clock, how: str) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    drain({"RCPT": "550 5.1.1 no such user"} if how == "refused" else WELL)
    if how == "returned":
        comes_back()
    joins(campaign_id, "Kim Lay")
    clock.advance(days=2)
    draws(campaign_id)
    draws(campaign_id)
    assert (state(), len(mails("digest_failed"))) == ([how], 1)
    assert number_told(campaign_id) is None

    assert decides(acts.send_again, campaign_id) == 1
    [mail] = drain()
    assert "Dara Sok" in text(mail)
    assert state() == ["sent"]


def test_a_digest_waits_until_the_letter_that_came_back_is_there(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    with db.transaction() as session:
        about = frozenset({tokens.fingerprint("minister@water.example")})
        bounce.apply_report(session, Bounce(mails("letter")[0].id, "hard", "5.1.1", "no such user", about))
    assert drain() == [], "it would speak of a letter that nobody has"
    assert (state(), draws(campaign_id)) == (["cancelled"], 0)

    decides(dispatch.note_brought_by_hand, campaign_id)
    a_day_later(clock, campaign_id)
    clock.advance(days=1)
    [mail] = drain()
    assert "Dara Sok" in text(mail)


def test_without_a_review_organizers_have_it_an_hour_before_it_leaves(clock: Clock) -> None:
    campaign_id = a_campaign(review=0)
    joins(campaign_id, "Dara Sok")
    clock.advance(hours=30)
    assert draws(campaign_id) == 2
    clock.advance(minutes=59)
    assert drain() == [], "by now they can read it, hold it and stop it"
    clock.advance(minutes=2)
    assert len(drain()) == 1


def test_who_withdraws_just_as_it_leaves_is_told_of_by_no_other(
    campaign_id: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    rosa = joins(campaign_id, "Rosa")
    a_day_later(clock, campaign_id)
    going, let_go = threading.Thread(target=withdraws, args=(rosa,)), told.let_go

    def meanwhile(session: Session, worded: told.Told) -> None:
        going.start()
        going.join(0.2)
        let_go(session, worded)

    monkeypatch.setattr(told, "let_go", meanwhile)
    [mail] = drain()
    going.join()
    assert "Rosa" in text(mail)
    changes(rosa, withdrawn_at=None)
    with db.reading() as session:
        assert digests.load_new_persons(session, session.get_one(Campaign, campaign_id)) == []


def test_who_stops_them_just_as_one_leaves_waits_for_it(
    campaign_id: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    joins(campaign_id, "Rosa")
    a_day_later(clock, campaign_id)
    stopping, may_leave = (
        threading.Thread(target=decides, args=(acts.stop_digests, campaign_id, "addressee")),
        claims._digest_may_leave,
    )

    def meanwhile(of_it: Any) -> Any:
        stopping.start()
        stopping.join(0.2)
        return may_leave(of_it)

    monkeypatch.setattr(claims, "_digest_may_leave", meanwhile)
    assert len(drain()) == 1
    stopping.join()
    assert (state(), set(told_of().values())) == (["sent"], {_digests()[0].id})


def test_put_off_it_goes_later_unless_it_was_stopped_meanwhile(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    drain({"end of data": "451 4.3.0 try later"}, at="end of data")
    clock.advance(minutes=30)
    drain(
        {"end of data": "451 4.3.0 try later"},
        meanwhile=lambda: decides(acts.stop_digests, campaign_id, "organizer"),
        at="end of data",
    )
    clock.advance(days=1)

    assert (state(), drain()) == (["cancelled"], [])


def test_held_it_waits_and_leaves_when_it_is_resumed(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    assert drain(meanwhile=lambda: decides(acts.hold_digests, campaign_id)) == []
    clock.advance(days=7)
    joins(campaign_id, "Kim Lay")
    assert (draws(campaign_id), drain(), state()) == (0, [], ["waiting"])
    assert decides(acts.hold_digests, campaign_id) is False

    assert decides(acts.resume_digests, campaign_id)
    [mail] = drain()
    assert ("Dara Sok" in text(mail), "Kim Lay" in text(mail)) == (True, False)


def test_the_letters_hold_holds_it_too(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    decides(hold.hold_letter, campaign_id)
    assert (drain(), state()) == ([], ["waiting"])
    decides(hold.resume_letter, campaign_id)
    assert len(drain()) == 1


def test_stopped_its_persons_are_told_of_after_a_restart(campaign_id: int, clock: Clock) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    assert decides(acts.stop_digests, campaign_id, "addressee")
    assert (state(), told_of()) == (["cancelled"], {"Dara Sok": None})
    clock.advance(days=2)
    assert (draws(campaign_id), drain(), is_due(campaign_id)) == (0, [], False)

    assert decides(acts.restart_digests, campaign_id, "organizer")
    assert draws(campaign_id)
    clock.advance(hours=3)
    assert "Dara Sok" in text(drain()[0])


def test_nothing_goes_of_an_erased_campaign_nor_to_an_addressee_without_an_email(
    campaign_id: int, clock: Clock
) -> None:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    with db.transaction() as session:
        erase.erase_campaign(session, campaign_id)
    assert drain() == []
    other = a_campaign("brought")
    joins(other, "Kim Lay")
    with db.transaction() as session:
        campaign = session.get_one(Campaign, other)
        campaign.letter.addressees[0].email = ""
        campaign.letter.addressees[0].brought_at = campaign.dispatched_at
    clock.advance(days=2)
    assert (is_due(other), draws(other)) == (False, 0)
    with db.reading() as session:
        assert digests.load_digest_status(session, session.get_one(Campaign, other)).hindrance == "no_email"


def test_who_added_its_voice_to_another_meaning_of_the_letter_is_not_told_of(clock: Clock) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, members="named", public_page="from launch")
        a_member(session, campaign, "Dara Sok")
        first = campaign.letter
        to = first.addressees[0]
        same = ("position", "name", "office", "salutation", "address", "email", "copy")
        again = Addressee(**{column: getattr(to, column) for column in same})
        campaign.letters.append(Letter(version=2, meaning=2, texts=first.texts, hash="1" * 64, addressees=[again]))
        session.flush()
        a_member(session, campaign, "Kim Lay")
        cast.is_sealed(session, campaign)
        cast.the_letter_leaves(session, campaign)
        campaign_id = campaign.id
    a_day_later(clock, campaign_id)

    [mail] = drain()

    assert re.findall("Dara Sok|Kim Lay|One member", text(mail)) == ["One member", "Kim Lay"]


def test_before_the_letter_has_left_nothing_is_drawn_and_cancelled_calls_back(clock: Clock) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, members="named", public_page="from launch")
        cast.is_sealed(session, campaign)
        campaign_id = campaign.id
    joins(campaign_id, "Dara Sok")
    clock.advance(days=2)
    assert (draws(campaign_id), is_due(campaign_id)) == (0, False)
    decides(cancel.cancel_campaign, campaign_id)
    assert draws(campaign_id) == 0


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_two_workers_draw_and_send_one(campaign_id: int, clock: Clock) -> None:
    for number in range(5):
        joins(campaign_id, f"Person {number}")
    clock.advance(days=1)
    together = threading.Barrier(2)

    def works() -> None:
        together.wait()
        draws(campaign_id)

    workers = [threading.Thread(target=works) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    clock.advance(hours=3)
    [mail] = mails("digest")
    claimed, until = list[int](), mail.dated_at + timedelta(days=9)

    def claims_it(holder: str) -> None:
        together.wait()
        with db.transaction() as session:
            claimed.extend(claims.lease_due(session, Mail.id == mail.id, holder=holder, until=until, limit=5))

    workers = [threading.Thread(target=claims_it, args=(holder,)) for holder in ("one", "two")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert claimed == [mail.id]


def test_each_has_a_mail_of_its_own_where_the_addressee_asked_for_that(clock: Clock) -> None:
    campaign_id = a_campaign(addressee=[{"single_mails": "by letter of 3 May"}])
    gone = joins(campaign_id, "Bora Chan")
    joins(campaign_id, "Dara Sok", words="Water is life.")
    joins(campaign_id, "Ana Lim", words="not read", agreed=False)
    joins(campaign_id, "", "counted")
    a_day_later(clock, campaign_id)
    withdraws(gone)

    digest, single = sorted(drain(), key=lambda mail: "Dara" in text(mail))

    assert "3 members" in text(digest)
    assert not re.search("Dara|Bora|Ana", text(digest))
    assert "Dara Sok" in text(single)
    assert "Water is life." in text(single)
    assert sorted(state("single")) == ["cancelled", "sent"]
    changes(gone, withdrawn_at=None)
    clock.advance(days=1)
    draws(campaign_id)
    clock.advance(hours=3)
    assert ["Bora Chan" in text(mail) for mail in drain()] == [True]


@pytest.mark.parametrize("language", LANGUAGES)
def test_organizers_read_who_has_a_mail_of_its_own_before_it_leaves(language: str, clock: Clock) -> None:
    campaign_id = a_campaign(addressee=[{"single_mails": "by letter of 3 May"}])
    gone = joins(campaign_id, "Ana Lim")
    joins(campaign_id, "Dara Sok", words="Water is life.")
    joins(campaign_id, "A Shame")
    clock.advance(days=1)
    draws(campaign_id)
    withdraws(gone)
    with db.transaction() as session:
        singles = session.scalars(select(Mail).where(Mail.kind == "single").order_by(Mail.id)).all()
        shown, _ = session.scalars(select(Mail).where(Mail.kind == "digest_ready").order_by(Mail.id)).all()
        shown.language = language
        message = word_mail(session, shown)
        for one in ("A Shame", "Dara Sok", "Water is life."):
            says(message, one)
        is_silent_about(message, "Ana Lim", "/d/")
        for single in singles:
            single.due_at = None
        session.flush()
        with pytest.raises(NothingToSay):
            word_mail(session, shown)


def test_what_is_too_long_for_a_mail_waits_a_day(
    campaign_id: int, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "MOST_BYTES", 1_000)
    for number in range(3):
        joins(campaign_id, f"Person {number}", words="w" * 600)
    said = []
    for _ in range(4):
        a_day_later(clock, campaign_id)
        said += drain()
    assert [re.findall(r"Person \d", text(mail)) for mail in said] == [["Person 0"], ["Person 1"], ["Person 2"]]
    assert {*re.findall(r"\d members", " ".join(map(text, said)))} == {"3 members"}


def test_what_a_sweep_looks_at_does_not_grow_with_members_or_campaigns(clock: Clock) -> None:
    counted = []
    for number in (1, 3):
        for place in range(number):
            campaign_id = a_campaign(f"dam-{number}-{place}")
            for member in range(number * 5):
                joins(campaign_id, f"Person {member}")
        clock.advance(days=2)
        with statements() as seen, db.reading() as session:
            assert digests.due_digests(session, db.clock(session))
        counted.append(len(seen))
    assert counted[0] == counted[1] <= 14


# --- the addressee's page


def a_link(campaign_id: int, clock: Clock) -> str:
    joins(campaign_id, "Dara Sok")
    a_day_later(clock, campaign_id)
    return f"/d/{tokens.token(_digests()[-1], 'digest')}"


def test_the_addressee_stops_by_its_link_and_starts_again(browser: TestClient, campaign_id: int, clock: Clock) -> None:
    link = a_link(campaign_id, clock)
    before = cast.everything
    with db.reading() as session:
        rows = before(session)
    page = browser.get(link)
    assert (page.status_code, "Stop the emails" in page.text, "Dara Sok" in page.text) == (200, True, False)
    assert browser.head(link).status_code == 200
    asked = browser.post(link, data={"wish": "stop", "lang": "fr"})
    assert (asked.status_code, "Cochez la case" in asked.text) == (422, True)
    assert browser.post(link, data={"List-Unsubscribe": "One-Click"}).status_code == 400
    with db.reading() as session:
        assert before(session) == rows, "nothing but a tick changes anything"

    done = browser.post(link, data={"wish": "stop", "sure": "yes", "lang": "en"})
    assert (done.status_code, done.headers["location"]) == (303, f"{link}?lang=en")
    stopped = browser.get(link).text
    assert "You will receive no more emails" in stopped
    assert (state(), drain()) == (["cancelled"], [])
    with db.reading() as session:
        campaign = session.get_one(Campaign, campaign_id)
        assert (campaign.digests_stopped_by, digests.load_digest_status(session, campaign).hindrance) == (
            "addressee",
            "stopped",
        )
    browser.post(link, data={"wish": "restart", "sure": "yes"})
    resumed = browser.get(link).text
    assert "Stop the emails" in resumed
    assert "These emails are sent to you now." in resumed
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        campaign.definition = campaign.definition | {"addressee": [{"single_mails": "by phone"}]}
    assert "an email of its own" in browser.get(link).text
    assert "an email of its own" not in resumed
    for language, words in (("fr", "Arrêter les e-mails"), ("km", "បញ្ឈប់អ៊ីមែល")):
        assert words in browser.get(f"{link}?lang={language}").text.replace("\u2060", "")


def test_an_unknown_link_is_as_unknown_as_any(browser: TestClient, campaign_id: int, clock: Clock) -> None:
    link = a_link(campaign_id, clock)
    token = link.removeprefix("/d/")
    unknown = browser.get(f"/d/{'A' * 34}")
    key_gate.require_key()
    for path in (f"/s/{token}", f"/u/{token}", f"/d/{token[:-1]}{'A' if token[-1] != 'A' else 'B'}"):
        with statements() as seen:
            found = browser.get(path)
        assert (found.status_code, found.content) == (404, unknown.content)
    assert len(seen) <= 2, "less than at any other link"


# --- the command


def types(*words: str, code: int = 0) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["digest", "dam", *words])
    assert result.exit_code == code, result.output
    return result.stdout, " ".join(result.stderr.split())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_organizers_see_what_would_go_and_decide(campaign_id: int, clock: Clock) -> None:
    assert "begin a day after it" not in types()[1]
    joins(campaign_id, "Dara Sok", words="Water is life.")
    out, said = types()
    assert "Dara Sok" in out
    assert "The next one may be sent from" in said
    a_day_later(clock, campaign_id)
    data = json.loads(types("--json")[0])
    assert (data["state"], data["total"], data["told"], data["new_names"]) == ("waiting", 1, 0, 0)
    assert "Dara Sok" in data["text"]
    assert "/d/" not in data["text"]

    assert "Dry run" in types("--hold", "--dry-run")[1]
    assert "Held." in types("--hold")[1]
    assert "held already" in types("--hold")[1]
    assert "Held since" in types()[1]
    assert "They continue" in types("--resume", "--yes")[1]
    assert "Stopped" in types("--stop", "--yes")[1]
    assert "Stopped by an organizer" in types()[1]
    assert "Did the addressee ask for these emails again?" in types("--restart", "--yes")[1]
    assert "nothing was changed" in types("--restart", "--yes")[1]
    assert "nothing was changed" in types("--again", "--yes")[1]
    assert "Dry run" in types("--leave-out", "Dara Sok", "--dry-run")[1]
    assert "still to be sent has this name" in types("--leave-out", "Nobody", "--yes", code=console.FAILED)[1]
    types("--hold", "--stop", code=console.USAGE)
    types("--hold", "--json", code=console.USAGE)
    draws(campaign_id)
    joins(campaign_id, "Kim Lay")
    said = types()[1]
    assert "1 new name for the next email. This one waits, and is sent on" in said
    assert said.endswith(":"), "what follows is the email"
    types("--hold")
    assert "is sent on" not in types()[1].replace("After you resume it is sent on", "")
    types("--resume", "--yes")
    clock.advance(hours=3)
    drain({"end of data": "drop"})
    assert "Nobody knows whether the last one arrived" in types(code=console.WAITS)[1]
    assert "1 email" in types("--again", "--yes")[1]
    assert len(drain()) == 1
    assert "The last one was sent on" in types()[1]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_an_addressee_without_an_address_is_to_be_told_is_printed(campaign_id: int) -> None:
    joins(campaign_id, "Dara Sok")
    with db.transaction() as session:
        session.get_one(Campaign, campaign_id).letter.addressees[0].email = ""
    out, said = types()
    assert "has no email address: nothing is sent. Print the text below" in said
    assert "Dara Sok" in out


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_letter_that_takes_no_voices_has_no_digest(clock: Clock) -> None:
    a_campaign(members="closed")
    assert "cannot add their voices" in types()[1]
    assert "cannot add their voices" in types("--stop", "--yes", code=console.FAILED)[1]
