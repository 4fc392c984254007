"""What is said of all campaigns at once is what `status` says of each."""

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from tests import cast, lives
from tests.sql import statements
from tests.two_addressees import a_letter_goes
from worker import db, tokens
from worker.acts import answer, correct_address, disown, erase, join, pass_on, unsubscribe
from worker.acts.answer import Statement
from worker.acts.third_party_limits import Person
from worker.cli import status_view
from worker.cli.status_json import as_json, overview_as_json
from worker.mail import outbox
from worker.models import (
    Addressee,
    Answer,
    Campaign,
    Letter,
    Mail,
    Partner,
    Seal,
    Suppression,
    ThirdPartyAddress,
    bound,
)
from worker.state.counts import load_counts
from worker.state.links import Link
from worker.state.overview import load_lines, load_overviews
from worker.state.progress import Progress
from worker.state.status import load_status
from worker.state.todo import load_todo

pytestmark = pytest.mark.usefixtures("database")

A_WHILE = timedelta(seconds=20)
MANY = ("Lake Friends", "Delta Forum", "Spring Guard", "Estuary Trust", "Brook Union", "Canal Society")


def nobody_asked(session: Session, campaign: Campaign) -> None:
    pass


def nobody_to_ask(session: Session, campaign: Campaign) -> None:
    session.execute(delete(Partner).where(Partner.campaign_id == campaign.id))


def _all_are_asked(session: Session, campaign: Campaign) -> list[Partner]:
    now = db.clock(session)
    outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])
    session.execute(
        update(Mail)
        .where(Mail.campaign_id == campaign.id)
        .values(sent_at=now - A_WHILE, due_at=None, attempts=1, reply="250 ok")
    )
    return list(campaign.partners)


def _its_mail(session: Session, partner: Partner, **values: Any) -> None:
    which = (Mail.partner_id == partner.id, Mail.kind == "invitation")
    session.execute(update(Mail).where(*which).values(**values))


def all_kinds_of_mail(session: Session, campaign: Campaign) -> None:
    """Sent, refused, bounced, suppressed, uncertain, deferred, called back, waiting."""
    partners, now = _all_are_asked(session, campaign), db.clock(session)
    unsent = {"sent_at": None, "reply": None}
    _its_mail(session, partners[1], **unsent | {"refused_at": now, "reply": "550 5.1.1 gone"})
    _its_mail(session, partners[2], bounced_at=now)
    _its_mail(session, partners[3], **unsent | {"cancelled_at": now, "cancel_reason": "suppressed"})
    _its_mail(session, partners[4], **unsent | {"uncertain_at": now})
    _its_mail(session, partners[5], **unsent | {"due_at": now + A_WHILE, "reply": "450 later"})
    _its_mail(session, partners[6], **unsent | {"cancelled_at": now})
    _its_mail(session, partners[7], **unsent | {"due_at": now - A_WHILE})


def known_to_come_back(session: Session, campaign: Campaign) -> None:
    partners, now = _all_are_asked(session, campaign), db.clock(session)
    partners[0].email_hmac = tokens.fingerprint(f"{campaign.id}@gone.example")
    session.add(Suppression(email_hmac=partners[0].email_hmac, at=now, reason="bounce"))
    partners[1].bounced_at = now
    cast.signs(session, partners[1])


def by_hand(session: Session, campaign: Campaign) -> None:
    for partner in campaign.partners[:2]:
        partner.email, partner.email_hmac = "", None
    partners = _all_are_asked(session, campaign)
    cast.signs(session, partners[0], "counted")


def corrected(session: Session, campaign: Campaign) -> None:
    """One before it answered, one after, one whose new address fails too."""
    partners, now = _all_are_asked(session, campaign), db.clock(session)
    for number, partner in enumerate(partners[:4]):
        if number == 1:
            cast.signs(session, partner)
        _its_mail(session, partner, bounced_at=now if number % 2 == 0 else None)
        correct_address.change_address(session, partner.id, f"right{number}@partner.example")
    latest = session.scalars(select(Mail).where(Mail.partner_id == partners[2].id).order_by(Mail.id.desc())).first()
    assert latest is not None
    latest.refused_at, latest.due_at = now, None


def passed_on(session: Session, campaign: Campaign) -> None:
    partners = _all_are_asked(session, campaign)
    pass_on.pass_invitation_on(session, partners[0].id, Person(f"{campaign.id}@river.example", "en"))


def somebody_asks_to_join(session: Session, campaign: Campaign) -> None:
    campaign.definition = campaign.definition | {"public_page": "from launch", "join": "approved"}
    session.flush()
    for number in range(2):
        who = Person(f"{campaign.id}-{number}@brook.example", "en", "Kim", f"Brook {number}")
        join.ask_to_join(session, campaign.id, who)
    asking = session.scalars(select(ThirdPartyAddress).where(ThirdPartyAddress.campaign_id == campaign.id)).all()
    join.confirm_wish(session, asking[1].id)


def every_answer(session: Session, campaign: Campaign) -> None:
    partners = _all_are_asked(session, campaign)
    cast.signs(session, partners[0], "addressee")
    answer.decline(session, partners[1].id, Statement())
    cast.signs(session, partners[2])
    answer.withdraw(session, partners[2].id, Statement())
    cast.asks_for_a_change(session, partners[3].id, Statement(reason="a shorter one", passage="We"))
    cast.signs(session, partners[4])
    disown.disown_answer(session, partners[4].id)
    cast.signs(session, partners[5])


def quiet(session: Session, campaign: Campaign) -> None:
    partners = _all_are_asked(session, campaign)
    for partner in partners[:2]:
        unsubscribe.unsubscribe_reader(session, partner.id, link=Link(1))
    cast.signs(session, partners[1])


def one_erased(session: Session, campaign: Campaign) -> None:
    partners = _all_are_asked(session, campaign)
    answer.decline(session, partners[1].id, Statement())
    for partner in partners[:2]:
        partner.generation = 3
        session.flush()
        erase.erase_partner(session, partner.id)


def means_something_else(session: Session, campaign: Campaign) -> None:
    """The old answers do not stand any more, but for one, which a race has left."""
    partners, now = _all_are_asked(session, campaign), db.clock(session)
    for partner in partners[:3]:
        cast.signs(session, partner)
    before = campaign.letter
    campaign.letters.append(
        Letter(version=2, meaning=2, texts=before.texts, hash="1" * 64, addressees=[_copy_of(before)])
    )
    session.flush()
    of_two = Answer.partner_id.in_([partner.id for partner in partners[:2]])
    session.execute(update(Answer).where(of_two).values(superseded_at=now))
    cast.signs(session, partners[1])


def _copy_of(letter: Letter) -> Any:
    names = ("position", "name", "office", "salutation", "address", "email", "copy")
    return Addressee(**{name: getattr(letter.addressees[0], name) for name in names})


def _two_addressees(state: str | None) -> Callable[[Session, Campaign], None]:
    def lived(session: Session, campaign: Campaign) -> None:
        campaign.letter.addressees.append(
            Addressee(position=2, name="Bo", office="", salutation="", address=[], email="bo@w.example", copy=True)
        )
        lives.sealed(session, campaign)
        a_letter_goes(session, campaign, 0, "sent")
        campaign.dispatched_at = None
        if state:
            a_letter_goes(session, campaign, 1, state)

    lived.__name__ = f"second_{state}"
    return lived


def _waits(**definition: Any) -> Callable[[Session, Campaign], None]:
    def lived(session: Session, campaign: Campaign) -> None:
        campaign.definition = campaign.definition | definition
        lives.sealed(session, campaign)

    lived.__name__ = "waits_" + "_".join(definition)
    return lived


def leaves(session: Session, campaign: Campaign) -> None:
    _waits(quorum=1, review=0)(session, campaign)
    a_letter_goes(session, campaign, 0, "due")


def sealed_again(session: Session, campaign: Campaign) -> None:
    lives.sealed(session, campaign)
    cast.is_sealed(session, campaign, 2)
    cast.is_sealed(session, campaign, 3)
    session.execute(update(Seal).where(Seal.campaign_id == campaign.id, Seal.number != 2).values(voided_at=db.now()))


def letter_refused(session: Session, campaign: Campaign) -> None:
    lives.in_data(session, campaign)
    letter = session.scalars(select(Mail).where(Mail.campaign_id == campaign.id, Mail.kind == "letter")).one()
    letter.refused_at, letter.due_at, letter.in_data_at, letter.reply = db.clock(session), None, None, "550 no"


def dispatched_and_held(session: Session, campaign: Campaign) -> None:
    lives.dispatched(session, campaign)
    campaign.held_at = db.clock(session)


def erased(session: Session, campaign: Campaign) -> None:
    lives.reported(session, campaign)
    erase.erase_campaign(session, campaign.id)


def given_up(session: Session, campaign: Campaign) -> None:
    lives.past_its_deadline(session, campaign)
    erase.erase_campaign(session, campaign.id, give_up=True)


LIVES: list[Callable[[Session, Campaign], None]] = [
    nobody_asked, nobody_to_ask, all_kinds_of_mail, known_to_come_back, by_hand, corrected, passed_on,
    somebody_asks_to_join, every_answer, quiet, one_erased, means_something_else,
    lives.asked, lives.answered, lives.receipted, lives.past_its_deadline, lives.voided, lives.sealed, lives.in_data,
    lives.uncertain, lives.dispatched, lives.reported, lives.stepped_back, lives.brought_by_hand, lives.held,
    lives.cancelled, _two_addressees(None), _two_addressees("due"), _two_addressees("uncertain"),
    _two_addressees("in data"), _waits(quorum=1), _waits(quorum=1, review=0), _waits(review=0), leaves, sealed_again,
    letter_refused, dispatched_and_held, erased, given_up,
]  # fmt: skip


def a_campaign(lived: Callable[[Session, Campaign], None], number: int = 0) -> None:
    with db.transaction() as session:
        slug = f"{lived.__name__}-{number}".replace("_", "-").replace(" ", "-")
        lived(session, cast.a_campaign(session, slug=slug, partners=MANY))


def differ(session: Session) -> dict[str, list[str]]:
    """By campaign, what is said of it among all and by itself, where that is not the same."""
    overviews, lines = load_overviews(session), load_lines(session)
    statuses = [load_status(session, overview.campaign) for overview in overviews]
    found: dict[str, list[str]] = {}
    for overview, line, status, later in zip(overviews, lines, statuses, load_overviews(session), strict=True):
        alone, among = as_json(status), overview_as_json(overview)
        wrong = [
            f"{key}: {value} among all, {alone[key]} alone"
            for key, value in among.items()
            if key not in {"now", "progress", "post"} and json.dumps(value) != json.dumps(alone[key])
        ]
        wrong += (
            []
            if list(among) == [key for key in alone if key not in {"replies", "partners"}]
            else [f"keys: {list(among)}"]
        )
        in_table = (line.campaign, line.state, line.counts, load_counts(session, line.campaign))
        wrong += [] if in_table == (status.campaign, status.state, status.counts, status.counts) else [str(in_table)]
        progress = (overview.progress, status.progress, later.progress)
        wrong += [] if _goes_on(*progress) else [f"{progress}: among all, alone, and again among all"]
        if wrong:
            found[overview.campaign.slug] = wrong
    return found


def todo_differs(session: Session) -> dict[str, Any]:
    """By campaign, how many partners `todo` says cannot be reached, where `status` has others in its lists."""
    told: dict[int, dict[str, int]] = {}
    for thing in load_todo(session):
        if thing.campaign is not None and thing.code in _LISTED_AS.values():
            told.setdefault(thing.campaign.id, {})[thing.code] = thing.number
    found: dict[str, Any] = {}
    for campaign in session.scalars(select(Campaign)):
        listed: dict[str, int] = {}
        for partner in load_status(session, campaign).partners if campaign.takes_answers(at=db.clock(session)) else ():
            if mail := next((mail for mail in reversed(partner.mails) if mail.todo), None):
                code = _LISTED_AS["resend" if mail.state == "uncertain" and mail.todo != "ask" else str(mail.todo)]
                listed[code] = listed.get(code, 0) + 1
        if listed != told.get(campaign.id, {}):
            found[campaign.slug] = (listed, told.get(campaign.id, {}))
    return found


_LISTED_AS = {"correct_address": "not_reached", "resend": "perhaps_not_reached", "ask": "may_not_have_arrived"}


def _goes_on(*looks: Progress | None) -> bool:
    """Whether they look at one thing, one moment after the other: while nothing is sent, it becomes slower."""
    seen = [look for look in looks if look is not None]
    paces = [look.per_second for look in seen]
    left = [look.seconds_left for look in seen if look.seconds_left is not None]
    alike = {(look.sent, look.total, look.seconds_left is None) for look in seen}
    return (
        len(seen) in {0, len(looks)}
        and len(alike) <= 1
        and paces == sorted(paces, reverse=True)
        and left == sorted(left)
    )


def test_of_many_campaigns_each_stands_as_its_own_status_says() -> None:
    for lived in LIVES:
        a_campaign(lived)
    with db.transaction() as session:
        early = session.scalars(select(Campaign).where(Campaign.slug == "reported-0")).one()
        cast.signs(session, early.partners[0], "counted")  # once others have left too

    with db.reading() as session:
        assert differ(session) == {}
        assert todo_differs(session) == {}
        found = load_overviews(session)
        progress = next(one.progress for one in found if one.campaign.slug == "all-kinds-of-mail-0")
        states = {one.state for one in found}
        reasons = {r for one in found for r in ("refused", "bounced", "suppressed") if one.counts.as_json()[r]}

    assert states == {
        "open", "overdue", "sealing", "held", "review", "waiting", "leaving", "dispatched", "cancelled"
    }  # fmt: skip
    assert progress is not None
    assert (progress.sent, progress.total) == (2, 3)
    assert reasons == {"refused", "bounced", "suppressed"}
    assert all(any(select_(one) for one in found) for select_ in TOLD.values())


TOLD: dict[str, Callable[[Any], Any]] = {
    "blockers": lambda one: one.blockers,
    "notices": lambda one: one.notices,
    "progress": lambda one: one.progress,
    "applicants": lambda one: one.applicants,
    "by hand": lambda one: one.counts.by_hand,
    "silent": lambda one: one.counts.silent,
    "fewer silent than asked": lambda one: 0 < one.counts.silent < one.counts.asked,
    "not all sign publicly": lambda one: 0 < one.counts.named_publicly < one.counts.signed,
}


@pytest.mark.parametrize("seed", range(2))
def test_whatever_the_rows_say_partners_are_counted_alike(seed: int) -> None:
    """Rows at random, also such as no act leaves."""
    chance = random.Random(seed)
    with db.transaction() as session:
        for number in range(4):
            _at_random(session, chance, cast.a_campaign(session, f"dam-{number}", tuple(map(str, range(60)))))

    with db.reading() as session:
        assert differ(session) == {}


def _at_random(session: Session, chance: random.Random, campaign: Campaign) -> None:
    now = db.clock(session)
    sometimes: Callable[[float], datetime | None] = lambda share: now if chance.random() < share else None
    campaign.letters.append(Letter(version=2, meaning=2, texts={}, hash="1" * 64, addressees=[]))
    session.flush()
    mails, answers = [], []
    for number, partner in enumerate(campaign.partners):
        partner.generation = chance.choice([1, 2])
        partner.email_hmac = tokens.fingerprint(f"{campaign.slug}-{number}") if chance.random() < 0.8 else None
        partner.bounced_at, partner.erased_at, partner.quiet_at = sometimes(0.1), sometimes(0.1), sometimes(0.1)
        if partner.email_hmac and chance.random() < 0.1:
            session.add(Suppression(email_hmac=partner.email_hmac, at=now, reason="bounce"))
        mails += [_mail_at_random(chance, sometimes, campaign, partner, n, now) for n in range(chance.randrange(4))]
        answers += [_answer_at_random(chance, campaign, partner, now)] * (chance.random() < 0.5)
    if chance.random() < 0.5:
        campaign.definition = campaign.definition | {"quorum": 99}
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
    session.execute(insert(Mail), mails)
    session.execute(insert(Answer), [bound(Answer, one) for one in answers])


def _mail_at_random(
    chance: random.Random,
    sometimes: Callable[[float], datetime | None],
    campaign: Campaign,
    partner: Partner,
    number: int,
    now: datetime,
) -> dict[str, Any]:
    moments = ("in_data_at", "refused_at", "uncertain_at", "cancelled_at", "bounced_at")
    return {name: sometimes(0.15) for name in moments} | {
        "key": f"{partner.id}/{number}",
        "kind": chance.choice(["invitation", "invitation", "reminder", "receipt"]),
        "urgency": 3,
        "campaign_id": campaign.id,
        "partner_id": partner.id,
        "language": "en",
        "message_id": "",
        "dated_at": now,
        "sent_at": sometimes(0.5),
        "attempts": chance.randrange(2),
        "reply": chance.choice([None, "", "450 later"]),
        "lease_holder": chance.choice([None, None, "x"]),
        "generation": chance.choice([None, 1, 2]),
        "cancel_reason": chance.choice([None, "suppressed", "no_recipient"]),
    }


def _answer_at_random(chance: random.Random, campaign: Campaign, partner: Partner, now: datetime) -> dict[str, Any]:
    choice = chance.choice(["sign", "sign", "decline", "withdraw", "change"])
    return {
        "partner_id": partner.id,
        "letter_id": chance.choice(campaign.letters).id,
        "choice": choice,
        "visibility": chance.choice(["public", "addressee", "counted"]) if choice == "sign" else None,
        "representative": "",
        "role": "",
        "reason": "",
        "language": "en",
        "channel": "link",
        "note": "",
        "at": now,
        "superseded_at": chance.choice([None, None, now]),
    }


def test_all_campaigns_take_as_many_statements_as_one_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    counted = []
    for number in range(2):
        for lived in LIVES:
            a_campaign(lived, number)
        with statements() as table:
            status_view.all_campaigns(as_json=False)
        with statements() as data:
            status_view.all_campaigns(as_json=True)
        counted.append((len(table), len(data)))
        assert capsys.readouterr().out.count(f"given-up-{number}") == 2

    assert counted[0] == counted[1]
    assert counted[0][0] <= 21
    assert counted[0][1] <= 31


def test_two_campaigns_take_as_many_statements_as_twenty() -> None:
    counted = []
    for first, last in ((0, 2), (2, 20)):
        for number in range(first, last):
            a_campaign(lives.reported, number)
        with statements() as seen, db.reading() as session:
            lines = load_lines(session)
        counted.append(len(seen))
        assert len(lines) == last

    assert counted[0] == counted[1] <= 9
