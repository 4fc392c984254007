"""What `status` says of each mail and of the post as a whole: true words, and silence never mixed up with a bounce."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from tests import cast
from tests.conftest import Clock
from worker import db, settings
from worker.acts import alert_unreached, answer, contacts, correct_address, disown, invite, remind, unsubscribe
from worker.acts.answer import AnswerInput, Statement
from worker.cli.status_json import as_json
from worker.mail import circuit_breaker, claims, outbox
from worker.mail.outcomes import REPORT_PREFIX
from worker.models import Answer, AuditEvent, Campaign, Contact, Letter, Mail, Partner, RelayHealth, Suppression
from worker.state import recipients, relay_status
from worker.state.counts import load_counts
from worker.state.links import Link
from worker.state.refusals import Closed
from worker.state.status import count_unreached, load_status
from worker.wording.composing import _cancelled

GONE = "550 5.1.1 <address>: Recipient address rejected"
HOUR = timedelta(hours=1)


@pytest.fixture
def campaign(database: str) -> Campaign:
    """River Watch and Eau Vive, launched a day ago, each with its invitation in the outbox."""
    with db.transaction() as session:
        made = cast.a_campaign(session)
        made.launched_at -= timedelta(days=1)
        now = db.clock(session)
        outbox.put(session, [outbox.to_partner("invitation", made, p, "1", now) for p in made.partners])
        return made


def now() -> datetime:
    with db.reading() as session:
        return db.clock(session)


def row(mail: str = "invitation", organization: str = "River Watch", **values: Any) -> None:
    """What delivery or a report writes into the row of one mail."""
    with db.transaction() as session:
        whose = select(Partner.id).where(Partner.organization == organization).scalar_subquery()
        session.execute(update(Mail).where(Mail.kind == mail, Mail.partner_id == whose).values(**values))


def is_sent(organization: str = "River Watch", at: datetime | None = None, **values: Any) -> None:
    row(organization=organization, **{"sent_at": at or now(), "due_at": None, "reply": "250 2.0.0 ok"} | values)


def the_post(**values: Any) -> None:
    with db.transaction() as session:
        session.execute(update(RelayHealth).values(**values))


def found() -> dict[str, Any]:
    with db.reading() as session:
        return as_json(load_status(session, session.scalars(select(Campaign)).one()))


def partner(organization: str = "River Watch") -> dict[str, Any]:
    return next(p for p in found()["partners"] if p["organization"] == organization)


def mail(organization: str = "River Watch") -> dict[str, Any]:
    told: dict[str, Any] = partner(organization)["mails"][-1]
    return told


def suppress(organization: str = "River Watch") -> None:
    with db.transaction() as session:
        email_hmac = session.scalar(select(Partner.email_hmac).where(Partner.organization == organization))
        session.add(Suppression(email_hmac=email_hmac, at=db.clock(session), reason="bounce"))


def test_a_mail_that_is_due_says_so(campaign: Campaign) -> None:
    told = mail()

    assert list(told) == [
        *("kind", "state", "when", "reply", "meaning", "may_not_have_arrived", "delayed", "attempts", "next", "todo")
    ]
    assert (told["kind"], told["state"], told["reply"], told["todo"]) == ("invitation", "due", None, None)
    assert datetime.fromisoformat(told["when"]) == datetime.fromisoformat(told["next"])


A_WHILE = timedelta(minutes=5)
# What is in the row (moments count from now), what it means, what a person can do, and whether it goes again by itself.
IN_TRUE_WORDS: dict[str, tuple[dict[str, Any], str, str | None, bool]] = {
    "sent": ({"sent_at": -A_WHILE, "reply": "250 2.0.0 queued"}, "the relay took it", None, False),
    "deferred": (
        {"due_at": A_WHILE, "attempts": 1, "reply": "450 4.2.0 greylisted"},
        "the relay asks to come back later",
        None,
        True,
    ),
    "refused": ({"refused_at": -A_WHILE, "reply": GONE}, "the mailbox does not exist", "amend", False),
    "bounced": (
        {"sent_at": -2 * A_WHILE, "bounced_at": -A_WHILE, "reply": REPORT_PREFIX + GONE},
        "the mailbox does not exist",
        "amend",
        False,
    ),
    "uncertain": (
        {"uncertain_at": -A_WHILE, "reply": "the connection was lost (end of data)"},
        "it may have arrived: the connection was lost (end of data)",
        "resend",
        False,
    ),
    "cancelled": ({"cancelled_at": -A_WHILE}, "not sent: it was not needed any more", None, False),
    "sending": (
        {"due_at": -A_WHILE, "lease_until": A_WHILE, "lease_holder": "x"},
        "it is being handed over now",
        None,
        False,
    ),
}


@pytest.mark.parametrize("state", IN_TRUE_WORDS)
def test_each_state_has_its_words_and_what_to_do(campaign: Campaign, state: str) -> None:
    values, meaning, todo, goes_again = IN_TRUE_WORDS[state]
    at = now()
    values = {name: at + value if isinstance(value, timedelta) else value for name, value in values.items()}
    row(**{"due_at": None, **values})

    told = mail()

    assert (told["state"], told["meaning"], told["reply"]) == (state, meaning, values.get("reply"))
    assert todo is None or f"`undersigned {todo} dam --partner 'River Watch'" in told["todo"]
    assert (told["todo"] is None, told["next"] is None) == (todo is None, not goes_again)
    if state not in {"deferred", "sending"}:
        assert told["when"] == (at - A_WHILE).isoformat(timespec="seconds")
    assert "@" not in str(told)


def test_an_uncertain_mail_goes_once_more_by_itself_before_a_person_is_asked(campaign: Campaign) -> None:
    row(uncertain_at=now(), due_at=now() + timedelta(minutes=15), reply="no answer in time (end of data)")

    assert (mail()["state"], mail()["todo"]) == ("uncertain", None)
    assert mail()["next"] is not None


def test_a_soft_report_is_not_told_as_arrival(campaign: Campaign) -> None:
    is_sent(reply=REPORT_PREFIX + "552 5.2.2 mailbox full", reported_at=now())

    assert (mail()["state"], mail()["meaning"]) == ("sent", "it may not have arrived: the mailbox is full")


def test_a_relay_that_takes_no_mail_holds_it_back(campaign: Campaign) -> None:
    since, again = now() - HOUR, now() + timedelta(minutes=3)
    the_post(blocked_at=since, retry_at=again, reply="535 5.7.8 bad login")
    row(organization="Eau Vive", attempts=1, reply="450 4.2.0 later", due_at=now() + HOUR)

    assert mail()["state"] == "held back"
    assert mail()["meaning"].startswith("the relay has accepted no email since ")
    assert datetime.fromisoformat(mail()["next"]) == again.replace(microsecond=0)
    assert mail("Eau Vive")["state"] == "deferred"  # at its own time, which is later
    assert found()["post"]["relay"] == {
        "blocked": since.isoformat(timespec="seconds"),
        "reply": "535 5.7.8 bad login",
        "meaning": "the relay does not accept our login",
        "retry": again.isoformat(timespec="seconds"),
    }


def test_a_relay_that_was_mended_holds_nothing_back(campaign: Campaign) -> None:
    the_post(blocked_at=now() - HOUR, mended_at=now(), reply="535 5.7.8 bad login")

    assert (mail()["state"], found()["post"]["relay"]) == ("due", "ok")


def test_a_quota_that_is_used_up_holds_back_what_can_wait(campaign: Campaign) -> None:
    settings.set_for_this_process(smtp_per_hour=1)
    first = now() - timedelta(minutes=20)
    is_sent("Eau Vive", at=first)
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        outbox.put(session, [outbox.to_partner("receipt", campaign, campaign.partners[0], "1", db.clock(session))])
    row("receipt", urgency=1)

    invitation, receipt = partner()["mails"]

    assert (invitation["state"], invitation["meaning"]) == ("held back", "the quota of the hour is used up: 1 of 1")
    assert invitation["next"] == (first + HOUR).isoformat(timespec="seconds")
    assert receipt["state"] == "held back"
    settings.set_for_this_process(smtp_per_hour=10)
    assert [told["state"] for told in partner()["mails"]] == ["due", "due"]


def test_what_is_kept_in_reserve_of_a_quota_is_for_what_people_wait_for(campaign: Campaign) -> None:
    settings.set_for_this_process(smtp_per_hour=10)
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        at = db.clock(session) - timedelta(minutes=30)
        rows = [outbox.to_partner("reminder", campaign, campaign.partners[1], str(n), at) for n in range(9)]
        outbox.put(session, rows)
        for n, one in enumerate(session.scalars(select(Mail).where(Mail.kind == "reminder").order_by(Mail.id))):
            one.sent_at, one.due_at = at + timedelta(minutes=n), None
        outbox.put(session, [outbox.to_partner("receipt", campaign, campaign.partners[0], "1", db.clock(session))])

    states = {told["kind"]: told["state"] for told in partner()["mails"]}

    assert states == {"invitation": "held back", "receipt": "due"}
    (quota,) = found()["post"]["quotas"]
    assert (quota["hours"], quota["allowed"], quota["used"], quota["room"]) == (1, 10, 9, 0)
    assert quota["next"] == (at + HOUR).isoformat(timespec="seconds")


def test_in_the_first_minute_a_launch_can_still_be_taken_back(database: str) -> None:
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=tuple(f"Partner {n}" for n in range(6)))
        invite.enqueue_invitations(session, campaign.id)

    told = {p["organization"]: p["mails"][0] for p in found()["partners"]}

    assert {one["state"] for one in told.values()} == {"held back"}
    assert told["River Watch"]["meaning"] == "the launch can still be taken back"
    assert told["River Watch"]["next"] is not None
    assert told["Partner 5"]["meaning"] == "only the first invitations are sent until the relay has accepted one"
    assert {p["invitation"] for p in found()["partners"]} == {"held back"}


def test_nobody_waits_for_the_first_once_the_relay_took_one(campaign: Campaign) -> None:
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.organization == "Eau Vive")).one()
        session.execute(update(Mail).where(Mail.partner_id == partner.id).values(partner_id=None))
    assert mail("Eau Vive")["state"] == "held back"
    is_sent()

    assert mail("Eau Vive")["state"] == "due"


def test_a_copy_waits_for_a_held_campaign(campaign: Campaign) -> None:
    is_sent()
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        cast.signs(session, campaign.partners[0])
        campaign.closed_at = campaign.dispatched_at = campaign.held_at = db.clock(session)

    assert (mail()["kind"], mail()["state"]) == ("copy", "held back")
    assert mail()["meaning"].startswith("the campaign is held: `undersigned resume dam`")


def test_an_address_that_gets_no_mail_is_told(campaign: Campaign) -> None:
    suppress()
    row(
        cancelled_at=now(),
        due_at=None,
        reply=(mark := _cancelled(1, "suppressed")).outcome.reply,
        cancel_reason=mark.cancel_reason,
    )

    assert (mail()["state"], mail()["reply"], mail()["meaning"]) == (
        "cancelled",
        "the address is suppressed",
        "an earlier email to this address came back",
    )
    assert "undersigned amend" in mail()["todo"]
    assert partner()["unreached"] == "suppressed"


@pytest.mark.parametrize("why", ["refused", "bounced", "suppressed"])
def test_who_is_not_reached_is_not_silent_and_is_not_reminded(campaign: Campaign, why: str) -> None:
    is_sent("Eau Vive")
    if why == "refused":
        row(due_at=None, refused_at=now(), reply=GONE)
    elif why == "bounced":
        is_sent(bounced_at=now(), reply=REPORT_PREFIX + GONE)
    else:
        is_sent()
        suppress()

    counts = found()["counts"]

    assert {k: counts[k] for k in ("partners", "asked", "by_hand", "unreached", "silent")} == {
        "partners": 2,
        "asked": 1,
        "by_hand": 0,
        "unreached": 1,
        "silent": 1,
    }
    assert {k: counts[k] for k in ("refused", "bounced", "suppressed") if counts[k]} == {why: 1}
    assert (partner()["unreached"], partner("Eau Vive")["unreached"]) == (why, None)
    with db.transaction() as session:
        assert [
            p.organization for p in session.scalars(recipients.select_silent(session.scalars(select(Campaign)).one()))
        ] == ["Eau Vive"]
        assert remind.remind_now(session, campaign.id) == 1


def test_a_partner_whose_reminder_came_back_is_not_reached_any_more(campaign: Campaign) -> None:
    is_sent()
    with db.transaction() as session:
        session.scalars(select(Partner).order_by(Partner.id)).first().bounced_at = db.clock(session)  # type: ignore[union-attr]

    assert partner()["unreached"] == "bounced"
    assert "undersigned amend" in mail()["todo"]
    assert found()["counts"]["silent"] == 0


def test_who_waits_or_is_in_doubt_is_neither_silent_nor_unreached(campaign: Campaign) -> None:
    row(uncertain_at=now(), due_at=None)

    counts = found()["counts"]

    assert (counts["asked"], counts["unreached"], counts["silent"]) == (0, 0, 0)


def test_what_came_to_an_address_since_corrected_says_nothing_of_the_new_one(campaign: Campaign) -> None:
    is_sent(bounced_at=now(), reply=REPORT_PREFIX + GONE)
    with db.transaction() as session:
        session.scalars(select(Partner).order_by(Partner.id)).first().generation = 2  # type: ignore[union-attr]

    assert (partner()["unreached"], mail()["state"], mail()["todo"]) == (None, "bounced", None)


def test_the_organizers_are_told_of_as_many_as_the_status_counts(campaign: Campaign) -> None:
    row(refused_at=now(), due_at=None, reply=GONE)
    row(organization="Eau Vive", uncertain_at=now(), due_at=None)
    assert unreached() == (1, 1)
    with db.transaction() as session:
        corrected = session.scalars(select(Partner).order_by(Partner.id)).first()
        assert corrected is not None
        correct_address.change_address(session, corrected.id, "right@partner.example")
    row(refused_at=None, sent_at=now(), due_at=None)

    assert unreached() == (0, 1)
    assert found()["counts"]["unreached"] == 0


def unreached() -> tuple[int, int]:
    with db.reading() as session:
        told = count_unreached(session, session.scalars(select(Campaign)).one())
    return told.lost, told.unknown


def test_what_a_partner_disowned_is_not_told_as_its_earlier_answer(campaign: Campaign) -> None:
    with db.transaction() as session:
        asking = session.get_one(Campaign, campaign.id)
        river_watch, eau_vive = asking.partners
        cast.signs(session, eau_vive)
        cast.signs(session, river_watch)
    with db.transaction() as session:
        disown.disown_answer(session, river_watch.id)
        before = session.get_one(Campaign, campaign.id).letter
        session.add(Letter(campaign_id=campaign.id, version=2, meaning=2, texts=before.texts, hash="1" * 64))
        session.execute(update(Answer).values(superseded_at=db.clock(session)))

    assert (partner()["earlier"], partner("Eau Vive")["earlier"]) == (None, "sign")


def test_the_audit_log_says_who_reminded(campaign: Campaign) -> None:
    is_sent(at=now() - timedelta(days=2))
    with db.transaction() as session:
        remind.remind_now(session, campaign.id)
        (said,) = session.scalars(select(AuditEvent).where(AuditEvent.what == "reminded"))
        assert said.actor == "organizer"
        cast.passes_its_deadline(session, session.get_one(Campaign, campaign.id))
        with pytest.raises(Closed):
            remind.remind_now(session, campaign.id)


def test_what_is_past_needs_nobody(campaign: Campaign) -> None:
    row(refused_at=now(), due_at=None, reply=GONE)
    with db.transaction() as session:
        cast.passes_its_deadline(session, session.scalars(select(Campaign)).one())

    assert (mail()["state"], mail()["todo"]) == ("refused", None)


def test_who_signed_by_telephone_and_is_not_reached_is_both(campaign: Campaign) -> None:
    row(refused_at=now(), due_at=None, reply=GONE)
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        signed = cast.signs(
            session, campaign.partners[0], said=Statement("Ada", "chair", channel="by hand", note="call")
        )
        receipt = outbox.to_partner("receipt", campaign, campaign.partners[0], "1", db.clock(session))
        outbox.put(session, [receipt | {"answer_id": signed.id}])
    row("receipt", refused_at=now(), due_at=None, reply=GONE)

    counts = found()["counts"]

    assert (counts["signed"], counts["unreached"], counts["silent"]) == (1, 1, 0)
    assert [told["todo"] is None for told in partner()["mails"]] == [True, False]


def test_who_wants_no_more_mail_is_told_and_nothing_is_to_be_done_about_it(campaign: Campaign) -> None:
    row(refused_at=now(), due_at=None, reply=GONE)
    with db.transaction() as session:
        session.execute(update(Partner).values(quiet_at=db.clock(session)))
        session.execute(update(Mail).where(Mail.partner_id == campaign.partners[1].id).values(partner_id=None))

    assert partner()["quiet"] is not None
    assert mail()["todo"] is None
    assert (partner("Eau Vive")["mails"], partner("Eau Vive")["invitation"]) == ([], "not asked")


def test_who_is_sent_nothing_is_told_and_nothing_is_to_be_done_about_it(campaign: Campaign) -> None:
    row(refused_at=now(), due_at=None, reply=GONE)
    with db.transaction() as session:
        unsubscribe.silence_partner(session, campaign.partners[0].id)

    assert (partner()["quiet"], partner("Eau Vive")["silenced"]) == (None, None)
    assert partner()["silenced"] is not None
    assert mail()["todo"] is None


def further_contact(email: str = "chair@rw.example", partner_id: int = 1) -> int:
    with db.transaction() as session:
        return contacts.add_contact(session, partner_id, email, language="fr").id


def to_contact(contact_id: int, **values: Any) -> None:
    """What delivery or a report writes into the rows of its mails."""
    with db.transaction() as session:
        session.execute(update(Mail).where(Mail.contact_id == contact_id).values(**values))


def test_further_contacts_keep_their_numbers(campaign: Campaign) -> None:
    first, second = further_contact(), further_contact("clerk@rw.example")
    to_contact(first, due_at=None, bounced_at=now(), reply=GONE)
    with db.transaction() as session:
        contacts.end_contact(session, 1, first)
        session.get_one(Contact, second).quiet_at = db.clock(session)
        given = AnswerInput(1, "decline", None, Statement(), link=Link(1, second))
        assert isinstance(answer.record_answers(session, [given])[0], Answer)

    one, two = partner()["contacts"]

    assert {name: one[name] for name in ("number", "added_by", "language", "quiet", "mail")} == {
        "number": 1,
        "added_by": "organizer",
        "language": "fr",
        "quiet": None,
        "mail": "bounced",
    }
    assert (one["ended"] is None, two["number"], two["ended"], two["quiet"] is None) == (False, 2, None, False)
    assert (partner()["through"], partner("Eau Vive")["through"]) == (2, None)
    assert partner("Eau Vive")["contacts"] == []


def test_an_answer_by_the_registered_link_came_through_no_contact(campaign: Campaign) -> None:
    further_contact()
    with db.transaction() as session:
        given = AnswerInput(1, "decline", None, Statement(), link=Link(1))
        assert isinstance(answer.record_answers(session, [given])[0], Answer)

    assert (partner()["answer"], partner()["through"]) == ("decline", None)


def test_a_contact_whose_address_gets_no_mail_is_told(campaign: Campaign) -> None:
    contact_id = further_contact()
    assert partner()["contacts"][0]["mail"] == "due"

    to_contact(contact_id, due_at=None, cancelled_at=now(), cancel_reason="suppressed")

    assert partner()["contacts"][0]["mail"] == "suppressed"


@pytest.mark.parametrize("failed", ["refused_at", "bounced_at", "uncertain_at"])
def test_mail_to_a_contact_says_nothing_of_the_registered_one(campaign: Campaign, failed: str) -> None:
    is_sent()
    to_contact(further_contact(), **{"due_at": None, failed: now(), "reply": GONE})

    told, counts = partner(), found()["counts"]

    assert (told["unreached"], told["invitation"], told["reply"]) == (None, "sent", "250 2.0.0 ok")
    assert [mail["kind"] for mail in told["mails"]] == ["invitation", "contact_added"]
    assert [mail["todo"] for mail in told["mails"]] == [None, None]
    assert (counts["unreached"], counts["asked"], counts["silent"]) == (0, 1, 1)
    assert unreached() == (0, 0)
    with db.transaction() as session:
        assert load_counts(session, session.get_one(Campaign, campaign.id)).as_json() == counts
        assert alert_unreached.alert_organizers(session) == 0


def test_mail_that_reached_a_contact_did_not_reach_the_registered_one(campaign: Campaign) -> None:
    row(refused_at=now(), due_at=None, reply=GONE)
    to_contact(further_contact(), due_at=None, sent_at=now())
    row("contact_added", refused_at=now(), due_at=None, reply=GONE)

    assert partner()["unreached"] == "refused"
    assert partner()["mails"][0]["todo"].startswith("Find the right address")
    with db.reading() as session:
        counts = load_counts(session, session.get_one(Campaign, campaign.id))
    assert (counts.unreached, counts.asked) == (1, 0)


def test_progress_is_told_while_mail_leaves(campaign: Campaign) -> None:
    assert found()["progress"] is None  # nothing has left
    is_sent(at=now() - timedelta(seconds=10))

    progress = found()["progress"]

    assert (progress["sent"], progress["of"]) == (1, 2)
    assert 0.08 <= progress["per_second"] <= 0.1
    assert 10 <= progress["seconds_left"] <= 13
    is_sent("Eau Vive")
    assert found()["progress"] is None  # nothing is left


def test_no_progress_is_told_a_minute_later_or_while_nothing_can_leave(campaign: Campaign) -> None:
    is_sent(at=now() - timedelta(seconds=61))
    assert found()["progress"] is None

    is_sent(at=now())
    the_post(blocked_at=now(), retry_at=now())
    assert found()["progress"] is None


def test_no_end_is_promised_that_a_quota_will_not_allow(campaign: Campaign) -> None:
    settings.set_for_this_process(smtp_per_day=1)
    is_sent()

    assert found()["progress"]["seconds_left"] is None


LATER = "450 4.2.0 later"


def sent_before(*minutes: float) -> None:
    """Mails to Eau Vive that the relay took so many minutes ago, and nothing to it waits."""
    is_sent("Eau Vive", at=ago(days=3))
    present = now()
    at = [present - timedelta(minutes=one) for one in minutes]
    with db.transaction() as session:
        asking = session.scalars(select(Campaign)).one()
        put = [outbox.to_partner("reminder", asking, asking.partners[1], str(n), at[0]) for n in range(len(at))]
        outbox.put(session, put)
        for one, moment in zip(session.scalars(select(Mail).where(Mail.kind == "reminder")), at, strict=True):
            one.sent_at, one.due_at = moment, None


def _breaker() -> None:
    the_post(blocked_at=ago(minutes=20), retry_at=now() + timedelta(minutes=15), reply="421 away")
    is_sent("Eau Vive", at=ago(days=3))


def _breaker_tried_by_another() -> None:
    """And then there is no room for what can wait."""
    sent_before(20, 20, 20, 20)
    settings.set_for_this_process(smtp_per_hour=4)
    the_post(blocked_at=ago(minutes=20), retry_at=now() + timedelta(minutes=15), reply="421 away")
    row(organization="Eau Vive", sent_at=None, due_at=ago(minutes=30))


def _hours_quota() -> None:
    settings.set_for_this_process(smtp_per_hour=3)
    sent_before(40, 30, 20)


def _days_quota_is_free_before_the_hours() -> None:
    settings.set_for_this_process(smtp_per_hour=2, smtp_per_day=4)
    sent_before(24 * 60 - 10, 24 * 60 - 9, 20, 10)


def _undo_and_quota() -> None:
    settings.set_for_this_process(undo=60)
    with db.transaction() as session:
        session.execute(update(Campaign).values(launched_at=db.clock(session)))
    _hours_quota()


STOPPED = (_breaker, _breaker_tried_by_another, _hours_quota, _days_quota_is_free_before_the_hours, _undo_and_quota)


WAITS = ("due", "deferred", "uncertain", "urgent")
# An urgent mail is itself the one that tries the relay, before another.
CASES = [(stopped, waits) for stopped in STOPPED for waits in WAITS]
CASES.remove((_breaker_tried_by_another, "urgent"))


@pytest.mark.parametrize(("stopped", "waits"), CASES, ids=lambda part: getattr(part, "__name__", part))
def test_a_mail_is_tried_at_the_time_that_status_gives(
    campaign: Campaign, clock: Clock, stopped: Callable[[], None], waits: str
) -> None:
    """And at no time before it; meanwhile the relay takes whatever else is claimed."""
    stopped()
    soon = now() + timedelta(minutes=1)
    match waits:
        case "deferred":
            row(due_at=soon, attempts=1, reply=LATER)
        case "uncertain":
            row(due_at=soon, attempts=1, uncertain_at=now(), reply="no answer in time (end of data)")
        case "urgent":
            row(due_at=soon, urgency=1)
        case _:
            row(due_at=soon if stopped is _undo_and_quota else now())

    told = next_try()
    assert told is not None
    assert mail()["state"] == ("uncertain" if waits == "uncertain" else "held back")
    for moment in (*(soon + timedelta(minutes=one) for one in (0, 1, 15)), told - timedelta(seconds=1)):
        if moment < told:
            clock.set(moment)
            assert not claimed_and_taken()
            assert next_try() == told
    clock.set(told + timedelta(seconds=1))
    assert claimed_and_taken()


def test_no_time_is_given_while_what_is_on_the_way_uses_up_the_quota(campaign: Campaign) -> None:
    settings.set_for_this_process(smtp_per_hour=1)
    row(organization="Eau Vive", lease_until=now() + A_WHILE, lease_holder="x")
    row(due_at=now() + A_WHILE, attempts=1, reply=LATER)

    assert (mail()["state"], mail()["next"]) == ("held back", None)
    assert mail()["meaning"] == "the quota of the hour is used up: 1 of 1"


def next_try() -> datetime | None:
    """When River Watch's mail is tried, as status knows it."""
    with db.reading() as session:
        status = load_status(session, session.scalars(select(Campaign)).one())
    (told,) = next(p for p in status.partners if p.organization == "River Watch").mails
    return told.next


def claimed_and_taken() -> bool:
    """Whether River Watch's mail is claimed now; whatever is claimed, the relay takes."""
    with db.transaction() as session:
        claimed = set(claims.claim(session, "one"))
    with db.transaction() as session:
        claims.mark_sent(session, "one", [(one, "250 2.0.0 ok", "") for one in claimed], db.clock(session))
        if claimed:
            circuit_breaker.record_success(session, db.clock(session))
        whose = select(Mail.id).join(Partner, Partner.id == Mail.partner_id).where(Mail.id.in_(claimed))
        return session.scalar(whose.where(Partner.organization == "River Watch")) is not None


def the_state() -> relay_status.RelayStatus:
    with db.reading() as session:
        return relay_status.load_relay_status(session)


def ago(**by: float) -> datetime:
    return now() - timedelta(**by)


def test_the_post_is_stuck_when_nobody_looks_for_what_is_due(campaign: Campaign) -> None:
    row(due_at=ago(minutes=6))
    assert the_state().stuck  # no drain ever looked

    the_post(drained_at=ago(minutes=4))
    assert not the_state().stuck
    the_post(drained_at=ago(minutes=6))
    assert the_state().stuck
    row(due_at=ago(minutes=4))
    assert not the_state().stuck


def test_a_relay_that_takes_nothing_is_not_stuck_unless_nobody_tries_it(campaign: Campaign) -> None:
    row(due_at=ago(hours=2))
    the_post(blocked_at=ago(hours=1), retry_at=ago(minutes=4), reply="421 away")
    assert not the_state().stuck

    the_post(retry_at=ago(minutes=6))
    assert the_state().stuck


def test_a_quota_explains_why_what_can_wait_waits(campaign: Campaign) -> None:
    settings.set_for_this_process(smtp_per_hour=1)
    is_sent("Eau Vive", at=ago(minutes=30))
    row(due_at=ago(hours=2))
    assert not the_state().stuck

    settings.set_for_this_process(smtp_per_hour=3)
    assert the_state().stuck


def test_the_clock_is_missed_also_while_no_mail_waits_for_it(campaign: Campaign) -> None:
    is_sent()
    is_sent("Eau Vive")
    assert the_state().due == 0
    assert not the_state().beat  # it never gave a sign
    the_post(swept_at=ago(minutes=1))
    assert the_state().beat
    the_post(swept_at=ago(minutes=3))
    assert not the_state().beat
