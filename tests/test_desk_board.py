"""The table of partners at the desk, and a partner's page: what is found there, by whom, and kept from whom."""

import re

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from tests import cast
from tests.organizers import DeskBrowser, add, hidden_fields
from tests.same_rows import assert_same
from tests.sql import statements
from worker import db, tokens
from worker.acts import answer, contacts, erase, look_after, partner_notes
from worker.acts.answer import AnswerInput, Statement
from worker.cli.commands import app
from worker.mail import outbox
from worker.models import Mail, MailResponse, Organizer, Partner, PartnerNote
from worker.state.board import PAGE

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]
NOTE, REASON = "call her on Friday", "our ministry would see it"
ADDRESS, CHAIR = "seeded@lake.example", "chair@lake.example"
SECRETS = (NOTE, REASON, ADDRESS, CHAIR, "Hidden Lake", "Ms Seeded", "How it came", "I have left")


def seeded(slug: str = "dam", others: tuple[str, ...] = ()) -> tuple[int, int]:
    """A campaign with a partner of which everything is known; the numbers of both."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug, partners=("Hidden Lake", *others))
        partner, now = campaign.partners[2], db.clock(session)
        partner.contact, partner.email, partner.email_hmac = "Ms Seeded", ADDRESS, tokens.fingerprint(ADDRESS)
        outbox.put(session, [outbox.to_partner("invitation", campaign, one, "1", now) for one in campaign.partners])
        by_hand = Statement(reason=REASON, note="How it came", channel="by hand")
        answer.record_answers(session, [AnswerInput(partner.id, "decline", None, by_hand)])
        contacts.add_contact(session, partner.id, CHAIR, language="en", name="Ada")
        partner_notes.add_note(session, partner.id, NOTE, now)
        mail = session.scalars(select(Mail).where(Mail.partner_id == partner.id).order_by(Mail.id)).first()
        assert mail is not None
        session.execute(update(Mail).where(Mail.partner_id == partner.id).values(sent_at=now, due_at=None))
        session.add(MailResponse(mail_id=mail.id, kind="person", words="I have left", at=now))
        return campaign.id, partner.id


@pytest.fixture
def numbers() -> tuple[int, int]:
    return seeded()


@pytest.fixture
def maly(numbers: tuple[int, int]) -> DeskBrowser:
    add(seats={numbers[0]: "editor"})
    browser = DeskBrowser()
    browser.enters()
    return browser


def board(numbers: tuple[int, int]) -> str:
    return f"/desk/campaigns/{numbers[0]}/partners"


def page_of(numbers: tuple[int, int]) -> str:
    return f"{board(numbers)}/{numbers[1]}"


def names(text: str) -> list[str]:
    return re.findall(r'<th scope="row"><a href="[^"]*">([^<]*)</a>', text)


def notes() -> list[str]:
    with db.reading() as session:
        return [one.text for one in session.scalars(select(PartnerNote).order_by(PartnerNote.id))]


def test_the_table_shows_each_partner_in_words(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    text = maly.get(board(numbers)).text
    assert names(text) == ["Eau Vive, France", "Hidden Lake", "River Watch (RW), USA"]
    for words in ("Declined", "Email sent", "Email waits to be sent", "Note due", "3 partners", "No answer"):
        assert words in text
    assert "<title>Partners – The dam at Upper Falls – " in text
    assert "which=signed" not in text, "a filter that would show nobody is not offered"
    filtered = maly.get(f"{board(numbers)}?which=declined&order=state").text
    assert names(filtered) == ["Hidden Lake"]
    assert "<title>Partners: Declined – " in filtered
    assert re.search(r"which=declined&amp;order=state\" aria-current=\"true\">Declined \(1\)", filtered)
    assert "of 3 in all" in filtered
    assert not any(one in text for one in (ADDRESS, NOTE, REASON, CHAIR))


def test_an_address_is_found_whole_and_what_is_not_there_is_said(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    place = board(numbers)
    for address in (ADDRESS, f" {ADDRESS.upper()} ", CHAIR):
        assert names(maly.client.get(place, params={"search": address}).text) == ["Hidden Lake"], address
    assert names(maly.get(f"{place}?search=vive").text) == ["Eau Vive, France"]
    french = re.search(r'<a href="([^"]*)" hreflang="fr"', maly.get(f"{place}?search=vive&lang=en").text)
    assert french is not None
    assert french[1] == f"{place}?search=vive&amp;lang=fr"
    nothing = maly.client.get(place, params={"search": ADDRESS[1:], "language": "en"}).text
    assert "No partner was found." in nothing
    assert "Show all 3 partners" in nothing
    assert 'value="eeded@lake.example"' in nothing
    assert '<input type="hidden" name="language" value="en">' in nothing


BENT = (
    "which=all&order=random&language=xx&page=minus",
    "page=0&page=7",
    "page=99999999999999999999",
    "care=7&search=%00%01&country=%00&order=",
    "search=" + "%F0%9F%8C%8A" * 300,
    "search=%ff%fe&page=%D9%A3",
    "&&=&which=",
)


@pytest.mark.parametrize("query", BENT)
def test_what_an_address_says_and_nobody_can_want_is_left_out(
    maly: DeskBrowser, numbers: tuple[int, int], query: str
) -> None:
    found = maly.get(f"{board(numbers)}?{query}")
    assert found.status_code == 200
    assert len(names(found.text)) == 3


def test_every_link_of_the_table_leads_to_as_many_as_it_says(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    with db.transaction() as session:
        [maly_sok] = session.scalars(select(Organizer.id))
        look_after.choose_carer(session, numbers[1], maly_sok)
    followed = set[str]()
    for query in ("", "?which=declined&language=en", "?care=me&country=&search=lake&order=state"):
        links = re.findall(r'<a href="([^"]*)"[^>]*>[^<(]*\((\d+)\)</a>', maly.get(board(numbers) + query).text)
        assert len(links) >= 5
        for to, number in links:
            path = to.replace("&amp;", "&")
            assert len(names(maly.get(path).text)) == int(number), path
            followed.add(path)
    assert {name for path in followed for name in re.findall(r"[?&](\w+)=", path)} >= {
        *("which", "language", "country", "care", "search", "order"),
    }


def test_pages_follow_one_another(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    with db.transaction() as session:
        for _ in range(2 * PAGE):
            session.add(cast.another(numbers[0]))
    first, last = maly.get(board(numbers)).text, maly.get(f"{board(numbers)}?page=900").text
    assert (len(names(first)), len(names(last))) == (PAGE, 3)
    assert "1 to 50 of 103" in first
    assert "101 to 103 of 103" in last
    assert 'aria-label="Page 3" aria-current="page"' in last
    assert "page=4" not in last


def test_a_page_has_everything_about_its_partner(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    text = maly.get(page_of(numbers)).text
    for secret in SECRETS:
        assert secret in text, secret
    for words in ("recorded by an organizer", "Invitation", "Email sent", "added by an organizer", "somebody wrote"):
        assert words in text
    with db.reading() as session:
        partner = session.get_one(Partner, numbers[1])
        assert tokens.link(partner) not in text
        assert tokens.printed_code(partner) not in text


def test_a_mail_is_read_again_without_its_link(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    mails = re.findall(rf"{page_of(numbers)}/mails/(\d+)", maly.get(page_of(numbers)).text)
    assert len(mails) >= 2
    for mail in mails:
        text = maly.get(f"{page_of(numbers)}/mails/{mail}").text
        assert "[link]" in text
        with db.reading() as session:
            assert tokens.link(session.get_one(Partner, numbers[1])) not in text
    with db.reading() as session:
        others = session.scalars(select(Mail.id).where(Mail.partner_id != numbers[1])).all()
    for mail in (*others, 999_999_999):
        assert maly.get(f"{page_of(numbers)}/mails/{mail}").status_code == 404


def test_another_campaigns_partner_note_and_mail_are_unknown(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    other = seeded("lakes")
    with db.reading() as session:
        note, mail = (
            session.scalars(select(model.id).where(model.partner_id == other[1])).first()
            for model in (PartnerNote, Mail)
        )
    for place in (page_of(other), f"{board(numbers)}/{other[1]}"):
        assert maly.get(place).status_code == 404
        assert maly.get(f"{place}/mails/{mail}").status_code == 404
        assert maly.post(f"{place}/notes", {"text": "x"}).status_code == 404
        assert maly.post(f"{place}/notes/{note}/done").status_code == 404
        assert maly.post(f"{place}/care", {"care": "nobody"}).status_code == 404
    assert maly.post(f"{page_of(numbers)}/notes/{note}/done").status_code == 404
    assert maly.get(f"{page_of(numbers)}/mails/{mail}").status_code == 404
    assert maly.get(f"{board(numbers)}?search={ADDRESS}").text.count('<th scope="row">') == 1
    assert notes() == [NOTE, NOTE]


def test_no_secret_reaches_a_viewer(numbers: tuple[int, int]) -> None:
    add("Dara", "dara@rivers.example", seats={numbers[0]: "viewer"}, may_send=True)
    dara = DeskBrowser()
    dara.enters("Dara")
    mail = 1
    for path in ("", "?which=note_due", f"/{numbers[1]}", f"/{numbers[1]}/mails/{mail}"):
        found = dara.get(board(numbers) + path)
        assert found.status_code == 403
        assert not any(secret in found.text for secret in SECRETS)
    for path in ("notes", "notes/1/done", "care"):
        assert dara.post(f"{page_of(numbers)}/{path}", {"text": "x", "care": "nobody"}).status_code == 403
    for path in ("/desk", f"/desk/campaigns/{numbers[0]}"):
        found = dara.get(path)
        assert found.status_code == 200
        assert not any(secret in found.text for secret in SECRETS)
    assert notes() == [NOTE]


def test_a_note_is_kept_once_and_ticked_off(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    typed = {"text": "ask for\r\nthe new address", "day": ""}
    done = maly.post(f"{page_of(numbers)}/notes", typed)
    assert done.status_code == 303
    after = maly.get(done.headers["location"]).text
    assert "A note about Hidden Lake was written." in after
    assert maly.post(f"{page_of(numbers)}/notes", typed).status_code == 303
    assert notes() == [NOTE, "ask for\nthe new address"]
    assert "Maly Sok" in after
    first = re.findall(rf"{page_of(numbers)}/notes/(\d+)/done", after)
    assert len(first) == 2
    with db.reading() as session:
        of_it = Partner.campaign_id == numbers[0], Partner.id != numbers[1]
        other = session.scalars(select(Partner.id).where(*of_it)).first()
    beside = f"/desk/campaigns/{numbers[0]}/partners/{other}/notes/{first[0]}/done"
    assert maly.post(beside).status_code == 404  # another's note
    for _ in range(2):
        done = maly.post(f"{page_of(numbers)}/notes/{first[0]}/done")
        assert done.status_code == 303
    left = maly.get(page_of(numbers)).text
    assert re.findall(rf"{page_of(numbers)}/notes/(\d+)/done", left) == first[1:]
    assert "Ticked off" in left


def test_a_note_lets_nobody_look_again_at_an_act(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    place = f"/desk/campaigns/{numbers[0]}"
    check = hidden_fields(maly.get(f"{place}/hold"))
    with db.transaction() as session:
        partner_notes.add_note(session, numbers[1], "tell the others")
    assert maly.post(f"{place}/hold", check).status_code == 303


def test_what_is_wrong_with_a_note_is_said_and_what_was_typed_stands(
    maly: DeskBrowser, numbers: tuple[int, int]
) -> None:
    wrong = maly.post(f"{page_of(numbers)}/notes", {"text": "x" * 2001, "day": "2001-02-03"})
    assert wrong.status_code == 422
    assert "<title>Error: " in wrong.text
    assert "x" * 2001 in wrong.text
    assert 'value="2001-02-03"' in wrong.text
    assert wrong.text.count("Choose today or a later day.") == 2
    assert "This text is too long" in wrong.text
    assert maly.post(f"{page_of(numbers)}/care", {"care": "77"}).status_code == 422
    assert "Choose one of these people" in maly.post(f"{page_of(numbers)}/care", {"care": "x" * 20}).text
    assert notes() == [NOTE]


def test_who_looks_after_a_partner_finds_it_among_its_own(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    add("Dara", "dara@rivers.example", seats={numbers[0]: "viewer"})
    page = maly.get(page_of(numbers)).text
    assert "Dara" not in page
    [number] = re.findall(r'name="care" value="(\d+)"', page)
    assert 'name="care" value="nobody" checked' in page
    chosen = maly.post(f"{page_of(numbers)}/care", {"care": number})
    assert "Hidden Lake is looked after by an organizer." in maly.get(chosen.headers["location"]).text
    mine = maly.get(f"{board(numbers)}?care=me").text
    assert names(mine) == ["Hidden Lake"]
    assert "Looked after by Maly Sok" in mine
    assert "<title>Partners: Looked after by you – " in mine
    maly.post(f"{page_of(numbers)}/care", {"care": "nobody"})
    assert names(maly.get(f"{board(numbers)}?care=me").text) == []


def test_of_an_erased_partner_nothing_is_shown_but_that(maly: DeskBrowser, numbers: tuple[int, int]) -> None:
    with db.transaction() as session:
        erase.erase_partner(session, numbers[1])
        mail = session.scalars(select(Mail.id).where(Mail.partner_id == numbers[1])).first()
    for found in (
        maly.get(page_of(numbers)),
        maly.get(maly.get(f"{page_of(numbers)}/mails/{mail}").headers["location"]),
        maly.get(maly.post(f"{page_of(numbers)}/notes", {"text": "again"}).headers["location"]),
        maly.get(maly.post(f"{page_of(numbers)}/care", {"care": "nobody"}).headers["location"]),
    ):
        assert "An organization that was erased" in found.text
        assert "<form" not in found.text.partition("<main")[2]
        assert not any(words in found.text for words in (*SECRETS, "Declined", "Invitation"))
    assert notes() == []


def test_desk_and_command_leave_the_same_rows() -> None:
    by_desk, by_command = seeded("rivers"), seeded("lakes")
    add(seats={by_desk[0]: "owner", by_command[0]: "owner"})
    maly = DeskBrowser()
    maly.enters()
    maly.post(f"{page_of(by_desk)}/notes", {"text": "bring a map", "day": ""})
    [first, *_] = re.findall(rf"{page_of(by_desk)}/notes/(\d+)/done", maly.get(page_of(by_desk)).text)
    maly.post(f"{page_of(by_desk)}/notes/{first}/done")
    [number] = re.findall(r'name="care" value="(\d+)"', maly.get(page_of(by_desk)).text)
    maly.post(f"{page_of(by_desk)}/care", {"care": number})
    last = int(first) + 1
    for words in (["--add", "bring a map"], ["--done", str(last)], ["--looked-after-by", "Maly Sok"]):
        result = CliRunner().invoke(app, ["notes", "lakes", "Hidden Lake", *words])
        assert result.exit_code == 0, result.stderr
    with db.transaction() as session:  # who wrote it is known at the desk only
        session.execute(update(PartnerNote).values(organizer_id=None))
    assert_same(by_desk[0], by_command[0])


def test_a_page_takes_as_many_statements_for_a_thousand_partners_as_for_ten() -> None:
    counted: dict[int, list[int]] = {}
    for many in (10, 1000):
        numbers = seeded(f"dam-{many}", tuple(f"No {n}" for n in range(many - 3)))
        with db.transaction() as session:
            mail = session.scalars(select(Mail.id).where(Mail.partner_id == numbers[1])).first()
        add(f"Maly {many}", f"maly{many}@rivers.example", seats={numbers[0]: "editor"})
        maly, place, page = DeskBrowser(), board(numbers), page_of(numbers)
        maly.enters(f"Maly {many}")
        counted[many] = []
        of_partners = (place, f"{place}?which=silent&order=state&search=no", page, f"{page}/mails/{mail}")
        campaign = f"/desk/campaigns/{numbers[0]}"
        for path in ("/desk", campaign, *(f"{campaign}/{one}" for one in ("letter", "log", "members")), *of_partners):
            maly.get(path)
            with statements() as seen:
                assert maly.get(path).status_code == 200
            counted[many].append(len(seen))
    assert counted[10] == counted[1000]
    assert max(counted[10]) <= 37
