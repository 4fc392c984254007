"""Addresses that others give us: an invitation passed on, and organizations that ask to sign."""

import contextlib
import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from tests.conftest import Clock
from tests.mails import is_silent_about, says
from worker import db, tokens
from worker.acts import join, pass_on, receipts, third_party_limits
from worker.acts.bounce import apply_report
from worker.acts.third_party_limits import Person
from worker.mail import claims
from worker.mail.bounce_reports import Bounce
from worker.mail.mime import Message
from worker.models import Campaign, Contact, Mail, Partner, Suppression, ThirdPartyAddress
from worker.state import recipients
from worker.state.refusals import PassedOnTooOften, RateLimited
from worker.text.languages import LANGUAGES
from worker.wording.mails import word_mail

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
CHAIR = "chair@river.example"


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session, public_page="from launch", join="approved")


@pytest.fixture
def river_watch(campaign: Campaign) -> Partner:
    return campaign.partners[0]


def mails(kind: str) -> list[Mail]:
    with db.reading() as session:
        return list(session.scalars(select(Mail).where(Mail.kind == kind).order_by(Mail.id)))


def message(kind: str) -> Message:
    with db.reading() as session:
        return word_mail(session, session.scalars(select(Mail).where(Mail.kind == kind)).all()[-1])


def passes_on(browser: TestClient, partner: Partner, to: str = CHAIR, **typed: str) -> httpx2.Response:
    form = {"email": to, "language": "fr", "mail_code": tokens.mail_code(partner)} | typed
    return browser.post(f"/s/{tokens.token(partner)}/pass-on", data=form)


def contacts_of(partner: Partner) -> list[Contact]:
    with db.reading() as session:
        return list(session.scalars(select(Contact).where(Contact.partner_id == partner.id).order_by(Contact.id)))


def test_another_person_gets_a_link_and_code_of_its_own_and_the_first_is_told(
    browser: TestClient, river_watch: Partner
) -> None:
    page = passes_on(browser, river_watch)
    assert page.status_code == 200
    assert "The invitation has been passed on" in page.text
    passed, told = message("passed_on"), message("was_passed_on")
    assert (passed.to, told.to) == (CHAIR, river_watch.email)
    [chair] = contacts_of(river_watch)
    assert (chair.email, chair.language, chair.added_by) == (CHAIR, "fr", "partner")
    assert tokens.link(chair) != tokens.link(river_watch)
    says(passed, str(tokens.link(chair)))
    says(passed, f"{tokens.mail_code(chair)[:3]} {tokens.mail_code(chair)[3:]}")
    code = tokens.mail_code(river_watch)
    is_silent_about(passed, tokens.token(river_watch), f"{code[:3]} {code[3:]}")
    is_silent_about(told, tokens.token(chair))
    says(passed, "un accusé de réception de chaque réponse")
    is_silent_about(passed, river_watch.email, "Ms Lopez")
    is_silent_about(told, CHAIR)
    says(told, "you will still get every receipt")
    with db.reading() as session:
        assert session.get_one(Partner, river_watch.id).email == river_watch.email
        assert session.scalars(select(Partner.language).where(Partner.id == river_watch.id)).one() == "en"
        [stranger] = session.scalars(select(ThirdPartyAddress))
        assert stranger.email_hmac == tokens.fingerprint(CHAIR)
        assert {stranger.email, stranger.contact, stranger.organization} == {""}, "of whom, is known with the partner"


def test_the_link_that_was_passed_on_answers_for_the_partner_and_its_reader_hears_of_it(
    browser: TestClient, river_watch: Partner
) -> None:
    passes_on(browser, river_watch)
    [chair] = contacts_of(river_watch)
    form = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Chair"}
    form |= {"authorised": "yes", "mail_code": tokens.mail_code(chair), "lang": "km"}
    assert browser.post(f"/s/{tokens.token(chair)}", data=form).status_code == 303
    with db.transaction() as session:
        assert cast.standing(session, river_watch.id).contact_id == chair.id
        assert receipts.put_receipts(session, river_watch.campaign_id) == 1
    assert [(mail.contact_id, mail.language) for mail in mails("receipt")] == [(None, "en"), (chair.id, "fr")]


def test_a_stranger_who_has_the_mail_cannot_answer_unnoticed(browser: TestClient, river_watch: Partner) -> None:
    passes_on(browser, river_watch)
    with db.transaction() as session:
        cast.signs(session, river_watch)
        receipts.put_receipts(session, river_watch.campaign_id)
    assert message("receipt").to == river_watch.email


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_say_it_in_every_language(
    language: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    with db.reading() as session:
        before = cast.everything(session)
    for url in (f"/s/{tokens.token(river_watch)}/pass-on", "/c/dam/join"):
        page = browser.get(url, params={"lang": language})
        assert page.status_code == 200
        assert f'<html lang="{language}">' in page.text
        assert "checked" not in page.text or f'value="{language}" checked' in page.text
    with db.reading() as session:
        assert cast.everything(session) == before


@pytest.mark.parametrize(
    "typed",
    [
        *("", "nobody", "a@b", "x" * 250 + "@river.example", "a@river.example, b@c.example"),
        *("chair%river.example@relay.example", "river.example!chair@relay.example"),
    ],
)
def test_what_is_no_address_is_refused_and_stays_typed(typed: str, browser: TestClient, river_watch: Partner) -> None:
    page = passes_on(browser, river_watch, typed, mail_code="")
    assert page.status_code == 422
    assert 'id="email-problem"' in page.text
    assert 'id="mail_code-problem"' in page.text
    assert f'value="{typed}"' in page.text
    assert mails("passed_on") == []


def test_a_wrong_code_passes_nothing_on(browser: TestClient, river_watch: Partner) -> None:
    wrong = f"{(int(tokens.mail_code(river_watch)) + 1) % 1_000_000:06d}"
    assert passes_on(browser, river_watch, mail_code=wrong).status_code == 422
    assert mails("passed_on") == mails("was_passed_on") == []


def test_the_address_that_has_it_already_is_not_written_to(browser: TestClient, river_watch: Partner) -> None:
    page = passes_on(browser, river_watch, river_watch.email.upper())
    assert page.status_code == 422
    assert "This address has already received the invitation." in page.text


def test_nobody_can_be_flooded_by_passing_on(browser: TestClient, campaign: Campaign, river_watch: Partner) -> None:
    """Neither by one partner, nor by several, nor from several campaigns."""
    assert passes_on(browser, river_watch).status_code == 200
    assert passes_on(browser, river_watch).status_code == 422
    assert passes_on(browser, campaign.partners[1]).status_code == 422
    with db.transaction() as session:
        other = cast.a_campaign(session, "other").partners[0]
    page = passes_on(browser, other)
    assert page.status_code == 422
    assert "We cannot write to this address at the moment." in page.text
    for number in range(2):
        assert passes_on(browser, river_watch, f"n{number}@river.example").status_code == 200
    assert "already been passed on three times" in passes_on(browser, river_watch, "n9@river.example").text
    assert len(mails("passed_on")) == 3


@pytest.mark.parametrize("variant", ["Chair@River.example", "chair+1@river.example", "chair+a.b+2@river.example"])
def test_no_variant_of_an_address_is_written_to_as_if_it_were_another(
    variant: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    """Neither by passing on, nor by asking to join, nor by both; nor once the mailbox is dead."""
    asks(browser, email=CHAIR)
    asks(browser, email=variant)
    assert [mail.kind for mail in mails("confirm")] == ["confirm"]
    assert passes_on(browser, river_watch, variant).status_code == 422
    assert mails("passed_on") == []
    with db.transaction() as session:
        session.add(Suppression(email_hmac=tokens.fingerprint("dead@x.example"), at=db.clock(session), reason="bounce"))
        now = db.clock(session)
        with pytest.raises(RateLimited):
            third_party_limits.require_may_be_written_to(session, "dead+1@x.example", now)


def test_variants_do_not_use_up_the_mails_of_a_mailbox(campaign: Campaign, clock: Clock) -> None:
    for number in range(4):
        with db.transaction() as session, contextlib.suppress(RateLimited):
            variant = Person(f"chair+{number}@river.example", "en")
            third_party_limits.write_to(session, "confirm", campaign, variant, db.clock(session))
        clock.advance(days=1, seconds=1)
    assert len(mails("confirm")) == 2
    with db.transaction() as session:
        third_party_limits.write_to(session, "confirm", campaign, Person(CHAIR, "en"), db.clock(session))


def test_a_plain_address_counts_its_variants_and_rows_of_before(campaign: Campaign) -> None:
    with db.transaction() as session:
        now = db.clock(session)
        third_party_limits.write_to(session, "confirm", campaign, Person("chair+1@river.example", "en"), now)
        third_party_limits.write_to(session, "confirm", campaign, Person("office@river.example", "en"), now)
        of_before = session.scalars(select(ThirdPartyAddress).order_by(ThirdPartyAddress.id.desc())).first()
        assert of_before is not None
        of_before.mailbox_hmac = None
        session.flush()
        for email in (CHAIR, "chair+2@river.example", "office@river.example", "office+1@river.example"):
            with pytest.raises(RateLimited):
                third_party_limits.require_may_be_written_to(session, email, now)
        third_party_limits.require_may_be_written_to(session, "chai.r@river.example", now)


def test_an_address_is_written_to_three_times_in_all_and_never_when_it_is_dead(
    campaign: Campaign, river_watch: Partner
) -> None:
    for days in (9, 6, 3):
        with db.transaction() as session:
            pass_on.pass_invitation_on(session, river_watch.id, Person(CHAIR, "en"))
            for one in session.scalars(select(ThirdPartyAddress)):
                one.at -= timedelta(days=days)
                one.partner_id = None
            for mail in session.scalars(select(Mail).where(Mail.kind == "passed_on")):
                mail.key += "/past"
    with db.transaction() as session:
        with pytest.raises(RateLimited):
            pass_on.pass_invitation_on(session, river_watch.id, Person(CHAIR, "en"))
        dead = "dead@river.example"
        now = db.clock(session)
        session.add(Suppression(email_hmac=tokens.fingerprint(dead), at=now, reason="bounce"))
        with pytest.raises(RateLimited):
            pass_on.pass_invitation_on(session, river_watch.id, Person(dead, "en"))


def test_what_comes_back_from_a_stranger_suppresses_the_stranger_alone(
    campaign: Campaign, river_watch: Partner
) -> None:
    with db.transaction() as session:
        chair = pass_on.pass_invitation_on(session, river_watch.id, Person(CHAIR, "en"))
        fingerprint = tokens.fingerprint(CHAIR)
        mail_id = session.scalars(select(Mail.id).where(Mail.contact_id == chair.id)).one()
        bounce = Bounce(mail_id, "hard", "5.1.1", "no such user", frozenset({fingerprint}))
        assert apply_report(session, bounce) is not None
        assert [bytes(one) for one in session.scalars(select(Suppression.email_hmac))] == [fingerprint]
        assert session.get_one(Partner, river_watch.id).bounced_at is None


def asks(browser: TestClient, **typed: str) -> httpx2.Response:
    form = {"organization": "Lake Friends", "acronym": "LF", "country": "Chad"}
    form |= {"contact": "Kim Ferryman", "email": CHAIR}
    return browser.post("/c/dam/join", data=form | typed)


def confirms(browser: TestClient, **typed: str) -> httpx2.Response:
    with db.reading() as session:
        stranger = session.scalars(select(ThirdPartyAddress)).all()[-1]
    code = {"mail_code": tokens.mail_code(stranger)}
    return browser.post(f"/j/{tokens.token(stranger, 'join')}", data=code | typed)


def admits(*, admitted: bool = True) -> Partner | None:
    with db.transaction() as session:
        campaign = session.scalars(select(Campaign)).one()
        return join.decide_applicant(session, recipients.load_applicants(session, campaign)[0].id, admitted=admitted)


def test_an_organization_asks_confirms_and_is_invited_after_a_yes(browser: TestClient, campaign: Campaign) -> None:
    assert "/c/dam/join" in browser.get("/c/dam").text
    assert "Consultez vos e-mails" in asks(browser, lang="fr").text
    asked = message("confirm")
    assert asked.to == CHAIR
    is_silent_about(asked, "Lake Friends", "Ferryman")
    assert mails("applicant") == []
    link = re.search(r"/j/[\w=-]+", asked.text)
    assert link
    assert "Lake Friends" in browser.get(link[0]).text
    assert mails("applicant") == [], "opening the link confirms nothing"

    assert "Votre demande a été envoyée" in confirms(browser).text
    assert len(mails("applicant")) == 1
    is_silent_about(message("applicant"), "Lake Friends", CHAIR)
    partner = admits()
    assert partner is not None
    assert (partner.organization, partner.acronym, partner.country) == ("Lake Friends", "LF", "Chad")
    assert message("invitation").to == CHAIR
    assert browser.get(f"/s/{tokens.token(partner)}").status_code == 200
    with db.reading() as session:
        assert session.scalars(select(ThirdPartyAddress)).one().email == "", "kept once, with the partner"


def test_a_no_forgets_what_was_told(browser: TestClient, campaign: Campaign) -> None:
    asks(browser)
    confirms(browser)
    assert admits(admitted=False) is None
    with db.reading() as session:
        stranger = session.scalars(select(ThirdPartyAddress)).one()
        assert {stranger.organization, stranger.contact, stranger.email, stranger.country} == {""}
        assert session.query(Partner).count() == len(campaign.partners)
    assert mails("invitation") == []


def test_whoever_asks_is_told_the_same_whether_a_mail_goes_or_not(browser: TestClient, campaign: Campaign) -> None:
    pages = [asks(browser).text for _ in range(3)]
    with db.transaction() as session:
        now = db.clock(session)
        session.add(Suppression(email_hmac=tokens.fingerprint("dead@x.example"), at=now, reason="bounce"))
    pages.append(asks(browser, email="dead@x.example").text.replace("dead@x.example", CHAIR))
    assert set(pages) == {pages[0]}
    assert len(mails("confirm")) == 1


def test_no_flood_of_wishes_keeps_a_partner_from_passing_on(
    browser: TestClient, campaign: Campaign, river_watch: Partner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(third_party_limits, "MAX_OF_CAMPAIGN", 3)
    for number in range(5):
        assert asks(browser, email=f"n{number}@lake.example").status_code == 200
    assert len(mails("confirm")) == 3
    assert passes_on(browser, river_watch).status_code == 200
    (passed,) = mails("passed_on")
    assert passed.due_at == passed.dated_at, "nor does its mail wait"


def test_without_the_code_nothing_is_confirmed(browser: TestClient, campaign: Campaign) -> None:
    asks(browser)
    for code in ("", "12345"):
        assert confirms(browser, mail_code=code).status_code == 422
    with db.reading() as session:
        assert session.scalars(select(ThirdPartyAddress)).one().confirmed_at is None
    assert browser.get("/j/xyz").content == browser.get("/s/xyz").content


@pytest.mark.parametrize(
    ("field", "typed"),
    [("organization", ""), ("organization", "中文"), ("contact", ""), ("country", "x" * 81), ("email", "nobody")],
)
def test_all_that_is_wrong_is_said_beside_its_field(
    field: str, typed: str, browser: TestClient, campaign: Campaign
) -> None:
    page = asks(browser, acronym="A\u202eB", **{field: typed})
    assert page.status_code == 422
    for wrong in (field, "acronym"):
        assert f'id="{wrong}-problem"' in page.text
    assert 'value="Lake Friends"' in page.text or field == "organization"
    assert mails("confirm") == []


@pytest.mark.parametrize("change", ["closed", "never", "late", "cancelled"])
def test_nobody_joins_what_is_not_open_to_it(change: str, browser: TestClient, campaign: Campaign) -> None:
    asks(browser)
    with db.transaction() as session:
        now = session.get_one(Campaign, campaign.id)
        if change == "late":
            cast.passes_its_deadline(session, now)
        elif change == "cancelled":
            now.cancelled_at = db.clock(session)
        else:
            now.definition = now.definition | ({"join": "closed"} if change == "closed" else {"public_page": "never"})
    told = 410 if change == "late" else 404
    assert browser.get("/c/dam/join").status_code == told
    assert asks(browser, email="n@x.example").status_code == told
    if change == "late":
        assert "It is no longer possible to sign." in confirms(browser).text
    assert len(mails("confirm")) == 1


def test_a_partner_passes_on_three_times_at_most_even_to_others(campaign: Campaign, river_watch: Partner) -> None:
    with db.transaction() as session:
        for number in range(3):
            pass_on.pass_invitation_on(session, river_watch.id, Person(f"n{number}@river.example", "en"))
        with pytest.raises(PassedOnTooOften):
            pass_on.pass_invitation_on(session, river_watch.id, Person("n4@river.example", "en"))
        assert claims.suppressed(session, [mail.id for mail in session.scalars(select(Mail))]) == set()
