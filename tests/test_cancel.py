"""A letter that will not be sent: at any minute before it leaves, whoever was asked hears of it; its name is free."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.testclient import TestClient
from typer.testing import CliRunner

from tests import cast
from tests.conftest import Clock
from tests.definitions import a_definition
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, tasks, tokens
from worker.acts import (
    answer,
    cancel,
    contacts,
    correct_address,
    disown,
    erase,
    invite,
    join,
    launch,
    pass_on,
    receipts,
    third_party_limits,
)
from worker.acts.answer import Statement
from worker.cli.commands import app
from worker.cli.status_json import as_json
from worker.definition.campaign import Definition
from worker.definition.partners import PartnerRow
from worker.mail import mime, outbox
from worker.models import (
    AuditEvent,
    Campaign,
    Contact,
    EndedLink,
    Mail,
    Partner,
    Suppression,
    ThirdPartyAddress,
)
from worker.state import due
from worker.state.campaigns import find_campaign
from worker.state.refusals import AlreadyLaunched, CannotBeCancelled, CannotBeUndone, Closed, NotOver
from worker.state.status import load_status
from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.wording import mail_rows, mails
from worker.wording import refusals as refusal_words

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
NAMES = ("Asked Brook", "Silent Fen", "Never Asked", "Quiet Signer", "Quiet Decliner", "Silenced", "Returned", "Held")


def partner(session: Session, name: str) -> Partner:
    return session.scalars(select(Partner).where(Partner.organization == name)).one()


def has_its_invitation(session: Session, one: Partner) -> Mail:
    now = db.clock(session)
    outbox.put(session, [outbox.to_partner("invitation", one.campaign, one, "1", now)])
    mail = session.scalars(select(Mail).where(Mail.partner_id == one.id, Mail.kind == "invitation")).one()
    mail.sent_at, mail.due_at = now, None
    session.flush()
    return mail


def everybody_differs(session: Session) -> Campaign:
    """One partner of each kind: who was asked, who was not, who answered, who wants no mail."""
    campaign = cast.a_campaign(session, partners=NAMES)
    for name in NAMES:
        if name != "Never Asked":
            has_its_invitation(session, partner(session, name))
    for name in ("Asked Brook", "Quiet Signer", "Silenced"):
        answer.sign(session, partner(session, name).id, "public", Statement(representative="A", role="B"))
    answer.decline(session, partner(session, "Quiet Decliner").id, Statement())
    for name in ("Quiet Signer", "Quiet Decliner"):
        partner(session, name).quiet_at = db.clock(session)
    partner(session, "Silenced").silenced_at = db.clock(session)
    returned = partner(session, "Returned")
    returned.email_hmac = tokens.fingerprint("gone@returned.example")
    session.add(Suppression(email_hmac=returned.email_hmac, at=db.clock(session), reason="bounced"))
    session.flush()
    return campaign


def told(session: Session) -> list[str]:
    rows = select(Partner.organization).join(Mail, Mail.partner_id == Partner.id).where(Mail.kind == "cancelled")
    return list(session.scalars(rows.order_by(Partner.id)))


def test_whoever_was_asked_or_answered_is_told_once_and_nobody_else(database: str) -> None:
    with db.transaction() as session:
        campaign = everybody_differs(session)
        outbox.put(
            session, [outbox.to_partner("reminder", campaign, partner(session, "Silent Fen"), "1", db.clock(session))]
        )
    with db.transaction() as session:
        assert cancel.cancel_campaign(session, campaign.id) == 4
    with db.transaction() as session:
        assert told(session) == ["Asked Brook", "Silent Fen", "Quiet Signer", "Held"]
        waiting = session.scalars(select(Mail.kind).where(Mail.due_at.is_not(None))).all()
        assert set(waiting) == {"cancelled"}
        logged = session.scalars(select(AuditEvent).where(AuditEvent.what == "cancelled")).one()
        assert (logged.actor, logged.detail) == ("organizer", "4")
        assert cancel.cancel_campaign(session, campaign.id) is None
        assert len(told(session)) == 4


@pytest.mark.parametrize("where", ["arrived", "in doubt", "with a worker"])
def test_a_corrected_address_to_which_nothing_went_hears_nothing(where: str, database: str) -> None:
    """Whoever reads there does not know that the organization was asked, and learns it only if it was written to."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        for one in campaign.partners:
            mail = has_its_invitation(session, one)
            if where != "arrived":
                mail.sent_at = None
            if where == "in doubt":
                mail.uncertain_at = db.clock(session)
            if where == "with a worker":
                mail.lease_holder, mail.lease_until = "a worker", db.clock(session) + timedelta(minutes=1)
    with db.transaction() as session:
        correct_address.change_address(session, campaign.partners[0].id, "elsewhere@river-watch.example")
        disown.disown_answer(session, cast.signs(session, partner(session, "Eau Vive")).partner_id)
    with db.transaction() as session:
        assert cancel.cancel_campaign(session, campaign.id) == 1
        assert told(session) == ["Eau Vive"], "whose link is new, and its address the one that it had"


def test_a_corrected_address_hears_it_once_it_was_asked(database: str) -> None:
    with db.transaction() as session:
        one = cast.a_campaign(session).partners[0]
        has_its_invitation(session, one)
        correct_address.change_address(session, one.id, "elsewhere@river-watch.example")
        for mail in session.scalars(select(Mail).where(Mail.due_at.is_not(None))):
            mail.sent_at, mail.due_at = db.clock(session), None
    with db.transaction() as session:
        assert cancel.cancel_campaign(session, one.campaign_id) == 1
    with db.reading() as session:
        (mail,) = session.scalars(select(Mail).where(Mail.kind == "cancelled"))
        assert mails.word_mail(session, mail).to == "elsewhere@river-watch.example"


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_mail_says_that_nothing_leaves_and_brings_no_code(language: str, database: str) -> None:
    not_sent = {"en": "will not be sent", "fr": "ne sera pas envoyée", "km": "នឹងមិនត្រូវបានផ្ញើទេ"}[language]
    with db.transaction() as session:
        campaign = everybody_differs(session)
        one = partner(session, "Quiet Signer")
        one.language = language
        cancel.cancel_campaign(session, campaign.id)
    with db.reading() as session:
        mail = session.scalars(select(Mail).where(Mail.partner_id == one.id, Mail.kind == "cancelled")).one()
        loaded = mail_rows.load_mails(session, [mail.id])[mail.id]
        message = mails.word_mail(session, loaded)
    for part in (message.subject, message.text.replace("\n", " "), message.html):
        assert not_sent in part
    assert campaign.title not in message.subject
    assert tokens.link(one) in message.text
    assert tokens.printed_code(one) not in message.text
    assert tokens.printed_long_code(one) not in message.text


def test_further_contacts_hear_it_too_if_their_link_lives(database: str) -> None:
    def adds(email: str) -> Contact:
        pass_on.pass_invitation_on(session, one.id, third_party_limits.Person(email, "fr"))
        session.flush()
        return session.scalars(select(Contact).order_by(Contact.id.desc())).all()[0]

    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        one = campaign.partners[0]
        has_its_invitation(session, one)
        heard, ended, not_yet = adds("a@own.example"), adds("b@own.example"), adds("c@own.example")
        for mail in session.scalars(select(Mail).where(Mail.contact_id.in_([heard.id, ended.id]))):
            mail.sent_at, mail.due_at = db.clock(session), None
        contacts.end_contact(session, one.id, ended.id)
        assert cancel.cancel_campaign(session, campaign.id) == 2
    with db.reading() as session:
        to = session.scalars(select(Mail).where(Mail.kind == "cancelled").order_by(Mail.id)).all()
        assert [(mail.contact_id, mail.language) for mail in to] == [(None, "en"), (heard.id, "fr")]
        assert tokens.link(heard) in mails.word_mail(session, to[1]).text
        late = session.scalars(select(Mail).where(Mail.contact_id == not_yet.id)).one()
        assert late.cancelled_at is not None


@pytest.mark.parametrize("fate", ["left", "given back", "not known"])
@pytest.mark.parametrize("lease", [60, -5])
def test_what_a_worker_holds_at_that_moment_is_told_of_unless_it_did_not_leave(
    fate: str, lease: int, database: str
) -> None:
    """Nobody knows of it where a slow relay takes it after the lease, or the worker was killed before it wrote."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        mail = has_its_invitation(session, campaign.partners[0])
        now = db.clock(session)
        mail.sent_at, mail.due_at = None, now
        mail.lease_holder, mail.lease_until = "worker", now + timedelta(seconds=lease)
    with db.transaction() as session:
        assert cancel.cancel_campaign(session, campaign.id) == 1
        end = session.scalars(select(Mail).where(Mail.kind == "cancelled")).one()
        assert end.due_at is not None
        assert end.due_at >= mail.lease_until, "not before it is known"
    with db.transaction() as session:
        invitation = session.get_one(Mail, mail.id)
        assert (invitation.due_at, invitation.cancelled_at is not None) == (None, True)
        invitation.sent_at = db.clock(session) if fate == "left" else None
        invitation.lease_holder = "worker" if fate == "not known" else None
    with db.reading() as session:
        loaded = mail_rows.load_mails(session, [end.id])[end.id]
        if fate != "given back":
            assert "will not be sent" in mails.word_mail(session, loaded).text
        else:
            with pytest.raises(mime.NothingToSay):
                mails.word_mail(session, loaded)


def test_a_mail_that_was_put_at_the_same_moment_says_nothing_of_a_letter_that_goes_on(database: str) -> None:
    """Receipts take no lock of the campaign: one may be put while it is cancelled."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        one = campaign.partners[0]
        has_its_invitation(session, one)
        standing = cast.signs(session, one)
        now = db.clock(session)
        late = [outbox.to_partner("receipt", campaign, one, str(standing.id), now, answer_id=standing.id)]
        late += [outbox.to_partner("extended", campaign, one, "late", now)]
        cancel.cancel_campaign(session, campaign.id)
        assert receipts.put_receipts(session, campaign.id) == 0
        outbox.put(session, late)
    with db.reading() as session:
        for mail in session.scalars(select(Mail).where(Mail.kind.in_(["receipt", "extended"]))):
            with pytest.raises(mime.NothingToSay):
                mails.word_mail(session, mail_rows.load_mails(session, [mail.id])[mail.id])


@on_sqlite
@pytest.mark.parametrize("states", [["due", "due"], ["sent", "due"], ["uncertain", "due"], ["in data", "due"]])
def test_a_letter_that_may_have_left_is_not_cancelled(states: list[str], database: str) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        cast.signs(session, campaign.partners[0])
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        for to, state in enumerate(states):
            a_letter_goes(session, campaign, to, state)
    types("status", "dam")  # the first command writes down whose database it is, and where
    before = everything()
    if states == ["due", "due"]:
        with db.transaction() as session:
            assert cancel.cancel_campaign(session, campaign.id) == 1
            letters = session.scalars(select(Mail).where(Mail.kind == "letter")).all()
            assert all(letter.cancelled_at and not letter.due_at for letter in letters)
        return
    with db.transaction() as session, pytest.raises(CannotBeCancelled):
        cancel.cancel_campaign(session, campaign.id)
    with db.transaction() as session, pytest.raises(NotOver):
        erase.give_up(session, campaign.id)
    code, said = types("cancel", "dam", "--yes")
    assert (code, "cannot be cancelled any more" in said) == (1, True)
    code, said = types("erase", "dam", "--give-up", "--yes")
    assert (code, "--give-up" in said) == (1, False)
    assert everything() == before


@pytest.mark.parametrize("held", ["held_at", "mail_held_at"])
def test_a_hold_ends_so_that_the_mails_that_tell_can_leave(held: str, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        has_its_invitation(session, campaign.partners[0])
        setattr(campaign, held, db.clock(session))
        cancel.cancel_campaign(session, campaign.id)
        assert (campaign.held_at, campaign.mail_held_at) == (None, None)


def test_the_clock_does_nothing_more(database: str, clock: Clock) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Late Lake",), reminders=[3600])
        has_its_invitation(session, campaign.partners[0])
        cast.signs(session, campaign.partners[1])
        cancel.cancel_campaign(session, campaign.id)
    for days in (0, 13.99, 0.1, 1):
        clock.advance(days=days)
        for act in (tasks.invite, tasks.remind, tasks.record, tasks.close, tasks.dispatch, tasks.report, tasks.erase):
            act.run(campaign.id)
        with db.reading() as session:
            assert due.due_acts(session) == []
            assert session.scalars(select(Mail.kind).where(Mail.due_at.is_not(None))).all() == ["cancelled"] * 2
            assert as_json(load_status(session, session.get_one(Campaign, campaign.id)))["state"] == "cancelled"


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("standing", ["public", "addressee", "counted", "decline", None])
def test_the_page_says_what_happened_and_shows_no_letter(
    standing: str | None, language: str, browser: TestClient
) -> None:
    heading = {"en": "This letter was cancelled", "fr": "Cette lettre a été annulée", "km": "លិខិតនេះត្រូវបានបោះបង់"}
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        one = campaign.partners[0]
        if standing == "decline":
            answer.decline(session, one.id, Statement())
        elif standing:
            cast.signs(session, one, standing)  # type: ignore[arg-type]
        cancel.cancel_campaign(session, campaign.id)
    page = browser.get(f"/s/{tokens.token(one)}?lang={language}")
    assert page.status_code == 200
    assert len(re.findall("<h1", page.text)) == 1
    assert heading[language] in page.text
    assert "The dam must wait" not in page.text
    assert "Le barrage" not in page.text
    assert "<form" not in page.text
    assert "appears under the letter" not in page.text
    if language == "en":
        assert "It will not be sent, and your organization’s name will not be published." in page.text
        assert "at the latest, all of this is erased" in page.text
        signs = {"decline": "does not sign", None: "No answer from River Watch was recorded"}
        assert signs.get(standing, "River Watch signs") in page.text


FORMS: dict[str, tuple[str, dict[str, str]]] = {
    "sign": (
        "",
        {"choice": "sign", "visibility": "public", "representative": "A", "role": "B", "authorised": "yes"},
    ),
    "withdraw": ("", {"choice": "withdraw"}),
    "decline": ("", {"choice": "decline"}),
    "disown": ("/not-us", {}),
    "correct": ("/row", {"organization": "Other", "country": "Chad"}),
    "pass on": ("/pass-on", {"email": "x@own.example", "language": "en"}),
}


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("act", FORMS)
def test_every_act_behind_a_link_is_refused_with_what_happened(act: str, language: str, browser: TestClient) -> None:
    cancelled = {"en": "was cancelled", "fr": "a été annulée", "km": "ត្រូវបានបោះបង់"}[language]
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        one = campaign.partners[0]
        cast.signs(session, one)
        cancel.cancel_campaign(session, campaign.id)
    before = everything()
    below, form = FORMS[act]
    form = form | {"mail_code": tokens.mail_code(one), "lang": language}
    said = browser.post(f"/s/{tokens.token(one)}{below}", data=form)
    if below:
        assert said.status_code == 303
        said = browser.get(said.headers["location"])
    assert cancelled in said.text
    if not below:
        assert said.status_code == 409
        whole = refusal_words.sentence(Closed.to("answer", campaign), language, "partner")
        assert keep_words(whole) in said.text
    assert everything() == before


@on_sqlite
@pytest.mark.parametrize("confirmed", [True, False])
def test_who_asked_to_sign_reads_it_behind_its_link(confirmed: bool, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="from launch", join="approved")
        join.ask_to_join(session, campaign.id, third_party_limits.Person("x@lake.example", "en", "K", "Lake Friends"))
        asked = session.scalars(select(ThirdPartyAddress)).one()
        if confirmed:
            join.confirm_wish(session, asked.id)
        cancel.cancel_campaign(session, campaign.id)
    page = browser.get(f"/j/{tokens.token(asked, 'join')}").text
    assert "This letter was cancelled" in page
    assert "decides" not in page
    assert browser.get("/c/dam").status_code == 404
    with db.reading() as session:
        mail = session.get_one(Mail, asked.mail_id)
        assert mail.cancelled_at is not None
        with pytest.raises(mime.NothingToSay):
            mails.word_mail(session, mail)


@pytest.mark.parametrize(
    "command",
    [
        ("extend", "dam", "in 5 weeks"),
        ("remind", "dam"),
        (
            "sign",
            "dam",
            "River Watch",
            "--visibility",
            "public",
            "--representative",
            "A",
            "--role",
            "B",
            "--note",
            "call",
        ),
        ("carry", "dam", "River Watch"),
    ],
    ids=lambda words: words[0],
)
@on_sqlite
def test_what_organizers_type_says_that_it_was_cancelled(command: tuple[str, ...], database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        cancel.cancel_campaign(session, campaign.id)
    code, said = types(*command, *(["--yes"] if command[0] != "carry" else []))
    assert (code, "was cancelled" in said, "deadline has passed" in said) == (1, True, False), said


def gives_up(session: Session) -> tuple[Campaign, Partner]:
    campaign = cast.a_campaign(session)
    one = campaign.partners[0]
    has_its_invitation(session, one)
    assert erase.give_up(session, campaign.id) == 1
    return campaign, one


@pytest.mark.parametrize("language", ["en", "fr", "km"])
@on_sqlite
def test_what_is_erased_at_once_is_not_promised_to_be_shown(language: str, database: str) -> None:
    shows = {"en": "shows what was recorded", "fr": "montre ce qui a été enregistré", "km": "បង្ហាញអ្វីដែលបានកត់ត្រា"}
    with db.transaction() as session:
        _, partner = gives_up(session)
        mail = session.scalars(select(Mail).where(Mail.kind == "cancelled")).one()
        mail.language = language
        given_up = " ".join(mails.word_mail(session, mail).text.split())
        partner.campaign.erase_by = None
        cancelled = " ".join(mails.word_mail(session, mail).text.split())
    assert (shows[language] in given_up, shows[language] in cancelled) == (False, True)


@pytest.mark.parametrize("how", ["handed over", "never"])
def test_a_letter_that_is_given_up_is_erased_once_its_partners_were_told(how: str, database: str, clock: Clock) -> None:
    with db.transaction() as session:
        campaign, _ = gives_up(session)
    with db.reading() as session:
        assert due.due_acts(session) == []
        assert "River Watch" in repr(cast.everything(session))
    if how == "handed over":
        with db.transaction() as session:
            mail = session.scalars(select(Mail).where(Mail.kind == "cancelled")).one()
            assert "will not be sent" in mails.word_mail(session, mail).text
            mail.sent_at, mail.due_at = db.clock(session), None
    else:
        clock.advance(hours=23)
        with db.reading() as session:
            assert due.due_acts(session) == []
        clock.advance(hours=2)
    with db.reading() as session:
        assert due.due_acts(session) == [("erase", campaign.id)]
    tasks.erase.run(campaign.id)
    with db.reading() as session:
        assert "River Watch" not in repr(cast.everything(session))
        assert due.due_acts(session) == []
        to_organizers = session.scalars(select(Mail).where(Mail.kind == "erased")).one()
        assert "As you asked, we have" in mails.word_mail(session, to_organizers).text.replace("\n", " ")


@on_sqlite
def test_who_is_cancelled_and_erased_by_hand_is_told_first(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        has_its_invitation(session, campaign.partners[0])
    assert types("cancel", "dam", "--dry-run")[0] == 0
    assert "cancelled" not in types("status", "dam")[1]
    code, said = types("cancel", "dam", "--yes")
    assert (code, "1 email tells everyone who was asked" in said) == (0, True)
    assert "0 of 1 who were asked were told" in " ".join(types("status", "dam")[1].split())
    assert types("cancel", "dam", "--yes") == (0, types("cancel", "dam", "--yes")[1])
    code, said = types("erase", "dam", "--yes")
    assert (code, "Erased:" in said, "--tell-nobody" in said) == (0, False, True)
    assert "all is erased once everyone who was asked was told" in types("status", "dam")[1]
    with db.transaction() as session:
        mail = session.scalars(select(Mail).where(Mail.kind == "cancelled")).one()
        mail.sent_at, mail.due_at = db.clock(session), None
    code, said = types("erase", "dam", "--yes")
    assert (code, "Erased:" in said) == (0, True)
    assert types("erase", "dam", "River Watch", "--tell-nobody")[0] == 2


@on_sqlite
def test_where_nobody_was_asked_all_is_erased_at_once(database: str) -> None:
    with db.transaction() as session:
        cast.a_campaign(session)
    code, said = types("erase", "dam", "--give-up", "--yes")
    assert (code, "Erased:" in said) == (0, True)


def ended_page(browser: TestClient, path: str) -> str:
    page = browser.get(path)
    assert page.status_code == 410
    assert page.headers["cache-control"] == "no-store"
    return page.text


LIVES: dict[str, Callable[[Session, Campaign], object]] = {
    "sent": cast.the_letter_leaves,
    "cancelled": lambda session, campaign: cancel.cancel_campaign(session, campaign.id),
}


@pytest.mark.parametrize("life", LIVES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_link_that_ended_says_what_became_of_the_letter_and_names_nobody(
    language: str, life: str, browser: TestClient
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, public_page="after dispatch", join="approved")
        one, other = campaign.partners
        one.language = language
        pass_on.pass_invitation_on(session, one.id, third_party_limits.Person("chair@own.example", language))
        contact = session.scalars(select(Contact)).one()
        cast.is_sealed(session, campaign)
        LIVES[life](session, campaign)
        old = tokens.token(other)
        other.renew_link()
        linked: list[Partner | Contact] = [one, contact, other]
        paths = [f"/s/{tokens.token(each)}" for each in linked] + [f"/u/{tokens.token(one, 'quiet')}"]
        paths += [f"/s/{tokens.token(one)}/{below}" for below in ("row", "not-us", "pass-on", "contacts")]
    with db.transaction() as session:
        erase.erase_campaign(session, campaign.id)
    words = {
        "sent": {"en": "The letter was sent on", "fr": "La lettre a été envoyée le", "km": "ត្រូវបានផ្ញើនៅ"},
        "cancelled": {"en": "will not be sent", "fr": "ne sera pas envoyée", "km": "នឹងមិនត្រូវបានផ្ញើទេ"},
    }
    for path in paths:
        page = ended_page(browser, f"{path}?lang={language}")
        assert words[life][language] in page
        read = re.sub(r'="[^"]*"', "", page)  # a token may spell a short name
        assert not [name for name in ("River Watch", "Eau Vive", "USA", "dam at", "Secretariat") if name in read]
        assert ("/c/dam" in page) is (life == "sent")
        posted = browser.post(path, data={"mail_code": "123456"})
        assert posted.status_code == 410
    assert words[life][language] in ended_page(browser, paths[0]), "in the reader's language by itself"
    for unknown in (f"/s/{old}", f"/u/{tokens.token(one)}", f"/j/{tokens.token(one)}"):
        gone = browser.get(unknown)
        assert gone.status_code == 404
        assert gone.content == browser.get("/s/" + "a" * 36).content
        assert "some months after a letter was sent" in gone.text


def test_nothing_leads_from_an_ended_link_to_whose_it_was(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=tuple(f"Group {number}" for number in range(30)))
        refs = [bytes(one.ref) for one in campaign.partners]
        cancel.cancel_campaign(session, campaign.id)
        erase.erase_campaign(session, campaign.id)
    with db.reading() as session:
        ended = session.scalars(select(EndedLink).order_by(EndedLink.id)).all()
        assert [bytes(one.ref) for one in ended] == sorted(refs) != refs
        assert {"partner_id", "contact_id"}.isdisjoint(EndedLink.__table__.columns.keys())
        assert not {bytes(ref) for ref in session.scalars(select(Partner.ref))} & set(refs)


def test_an_ended_link_says_so_for_a_year(browser: TestClient, clock: Clock) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        link = f"/s/{tokens.token(campaign.partners[0])}"
        cancel.cancel_campaign(session, campaign.id)
        erase.erase_campaign(session, campaign.id)
        erase.erase_campaign(session, campaign.id)  # twice adds nothing
    with db.reading() as session:
        assert len(session.scalars(select(EndedLink)).all()) == 2
    clock.advance(days=364)
    tasks.due_now()
    ended_page(browser, link)
    clock.advance(days=2)
    tasks.due_now()
    assert browser.get(link).status_code == 404
    with db.reading() as session:
        assert session.scalars(select(EndedLink)).all() == []


def test_one_that_was_erased_by_itself_reads_that_and_later_what_became_of_the_letter(browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        link = f"/s/{tokens.token(campaign.partners[0])}"
        erase.erase_partner(session, campaign.partners[0].id)
    page = ended_page(browser, link)
    assert "Our records about your organization were erased on" in page
    assert "sent" not in page
    with db.transaction() as session:
        cancel.cancel_campaign(session, campaign.id)
    assert "will not be sent" in ended_page(browser, link)


def rivers(session: Session) -> Definition:
    row = PartnerRow("Clean Coast", "CC", "France", "", "cc@coast.example", "en", "")
    return a_definition([row], db.clock(session), slug="rivers")


def test_the_name_of_a_cancelled_campaign_is_free_and_all_of_it_goes_on(browser: TestClient) -> None:
    with db.transaction() as session:
        first = cast.a_campaign(session, slug="rivers")
        other = cast.a_campaign(session, slug="rivers-cancelled-1")
        has_its_invitation(session, first.partners[0])
        link = f"/s/{tokens.token(first.partners[0])}"
    with db.transaction() as session, pytest.raises(AlreadyLaunched):
        launch.launch_campaign(session, rivers(session))
    with db.transaction() as session:
        cancel.cancel_campaign(session, first.id)
    with db.transaction() as session:
        second = launch.launch_campaign(session, rivers(session))
        assert session.get_one(Campaign, first.id).slug == "rivers-cancelled-2"
        assert second.slug == "rivers"
    with db.transaction() as session:
        for campaign in (first, second):
            now = session.get_one(Campaign, campaign.id)
            outbox.put(session, [outbox.to_organizers("outage", now, "1", db.clock(session))])
        keys = session.scalars(select(Mail.key).where(Mail.campaign_id == first.id)).all()
        assert keys
        assert all(key.startswith(f"campaign-{first.id}/") for key in keys)
        assert find_campaign(session, "rivers-cancelled-1").id == other.id  # type: ignore[union-attr]
        cancel.cancel_campaign(session, second.id)
        launch.launch_campaign(session, rivers(session))
        assert session.get_one(Campaign, second.id).slug == "rivers-cancelled-3"
        assert invite.enqueue_invitations(session, first.id) == 0
    assert "This letter was cancelled" in browser.get(link).text


@on_sqlite
def test_a_long_name_makes_room_for_what_is_added(database: str) -> None:
    with db.transaction() as session:
        first = cast.a_campaign(session, slug="r" * 100)
        cancel.cancel_campaign(session, first.id)
        assert launch.free_name(session, "r" * 100) == "r" * 88 + "-cancelled-1"


@on_sqlite
def test_what_refuses_to_launch_or_to_undo_names_the_way_out(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        has_its_invitation(session, campaign.partners[0])
        with pytest.raises(CannotBeUndone):
            launch.undo_launch(session, campaign.id)
    assert "cancel dam" in types("launch", "dam", "--undo")[1]


def everything() -> str:
    with db.reading() as session:
        return repr(cast.everything(session))


def types(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output
