"""The first page of the desk, a campaign's page and its log: what waits and where, and no more than one may see."""

import html
import re
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import select, update

from tests import cast, lives
from tests.organizers import DeskBrowser, add
from tests.sql import statements
from worker import db, settings
from worker.acts import audit, extend, hold, organizers, panic, undo
from worker.acts.answer import Statement
from worker.models import AuditEvent, Campaign, Organizer, Partner, RelayHealth, Visibility
from worker.state.log import PAGE
from worker.state.todo import FOR_VIEWERS, TodoCode
from worker.web.desk import campaign_page, ways_out
from worker.web.desk.doing import CAMPAIGN, Group
from worker.web.desk.table import TABLE
from worker.wording.acts import safety

pytestmark = [
    pytest.mark.parametrize("database", ["sqlite"], indirect=True),
    pytest.mark.usefixtures("notified", "database"),
]


def a_campaign(slug: str = "dam") -> int:
    with db.transaction() as session:
        now = db.clock(session)
        session.execute(update(RelayHealth).values(swept_at=now, drained_at=now))
        return cast.a_campaign(session, slug=slug, title=f"About {slug}").id


def at_the_desk(name: str = "Maly Sok") -> DeskBrowser:
    browser = DeskBrowser()
    browser.enters(name)
    return browser


def shown(browser: DeskBrowser, path: str) -> str:
    """What a page says, with its addresses; without who looks."""
    page = browser.get(path)
    assert page.status_code == 200, path
    return page.text


def words(text: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text.partition("<main>")[2])).split())


def links(text: str) -> set[str]:
    return set(re.findall(r'href="([^"]*)"', text))


def title(text: str) -> str:
    return html.unescape(re.findall("<title>(.*?)</title>", text)[0])


def signs(campaign_id: int, place: int, visibility: Visibility) -> None:
    with db.transaction() as session:
        cast.signs(session, session.get_one(Campaign, campaign_id).partners[place], visibility)


def test_home_is_what_waits_in_ones_campaigns_each_with_its_way_out() -> None:
    ours, held, foreign = a_campaign("dam"), a_campaign("lakes"), a_campaign("forest")
    with db.transaction() as session:
        for number in (ours, foreign):
            wishing = session.get_one(Campaign, number).partners[0]
            cast.asks_for_a_change(session, wishing.id, Statement(reason="softer"))
        hold.hold_letter(session, held, all_mail=True)
        session.execute(update(RelayHealth).values(swept_at=None, drained_at=None))
    add(seats={ours: "editor", held: "owner"})
    maly = at_the_desk()
    page = shown(maly, "/desk")
    assert title(page) == "Things to do – Organizers’ desk"
    order = ["Nothing is running", "About dam", "1 partner asks for", "About lakes", "All email is held"]
    places = [words(page).find(one) for one in order]
    assert -1 not in places, words(page)
    assert places == sorted(places)
    assert f'<a href="/desk/campaigns/{ours}/partners?which=wishes">1 partner asks' in page
    assert "About forest" not in page
    assert "0 of 2" in words(page)
    assert "in 13 days" in words(page)
    en_francais = shown(maly, "/desk?lang=fr")
    assert "1 partner asks" not in en_francais


def test_a_language_that_was_chosen_is_that_of_the_next_page_until_another_is_saved() -> None:
    number = a_campaign()
    add(seats={number: "owner"})
    maly, place = at_the_desk(), f"/desk/campaigns/{number}"
    assert '<html lang="fr">' in shown(maly, "/desk?lang=fr")
    assert '<html lang="fr">' in shown(maly, place)
    assert '<html lang="fr">' in maly.post(f"{place}/extend", {"deadline": "in 20 days"}).text
    maly.post("/desk/account", {"name": "Maly Sok", "language": "en"})
    assert '<html lang="en">' in shown(maly, place)


def test_home_says_when_nothing_waits() -> None:
    add(seats={a_campaign(): "editor"})
    assert "Nothing waits for you." in shown(at_the_desk(), "/desk")
    with db.transaction() as session:
        organizers.add_organizer(session, "Dara Kim", "dara@rivers.example", "en")
    page = shown(at_the_desk("Dara Kim"), "/desk")
    assert "You have a seat at no campaign yet" in page


def test_home_takes_as_many_statements_for_twelve_campaigns_as_for_three() -> None:
    def build(some: range) -> None:
        for number in some:
            with db.transaction() as session:
                campaign = cast.a_campaign(session, slug=f"campaign-{number}")
                [lives.held, lives.sealed, lives.dispatched][number % 3](session, campaign)
                maly = session.scalars(select(Organizer)).one()
                organizers.give_seat(session, maly, campaign.id, "editor", may_send=False)

    add()
    maly = at_the_desk()
    build(range(3))
    with statements() as of_three:
        shown(maly, "/desk")
    build(range(3, 12))
    with statements() as of_twelve:
        page = shown(maly, "/desk")
    assert page.count('<h3><a href="/desk/campaigns/') == 12
    assert len(of_twelve) == len(of_three)


def test_each_thing_to_do_has_a_way_out_to_a_page_that_is_there() -> None:
    assert set(get_args(TodoCode)) <= ways_out.PAGES.keys()
    there = {row.path for row in TABLE if row.method == "GET"}
    led_to = {page.partition("?")[0] for page in ways_out.PAGES.values() if page is not None}
    assert {page for page in led_to if CAMPAIGN + page not in there} == set()
    assert set(campaign_page._GROUPS) == set(get_args(Group))
    assert list(campaign_page._GROUPS)[-2:] == ["safety", "end"]


def test_a_viewer_is_told_of_nothing_but_the_letter_and_of_no_number() -> None:
    number = a_campaign()
    with db.transaction() as session:
        campaign = session.get_one(Campaign, number)
        cast.asks_for_a_change(session, campaign.partners[0].id, Statement(reason="softer"))
        campaign.deadline_at = db.clock(session) + timedelta(minutes=50)
        hold.hold_letter(session, number, all_mail=True)
    add(seats={number: "viewer"}, may_send=True)
    page = shown(at_the_desk(), "/desk")
    assert "The deadline is within the hour" in page
    assert "asks for a change" not in page
    assert "have not answered" not in page
    assert "All email is held" not in page
    assert f'<a href="/desk/campaigns/{number}">The deadline' in page
    assert {"not_reached", "wishes", "held", "words", "notice"}.isdisjoint(FOR_VIEWERS)


def test_two_looks_of_a_viewer_before_and_after_a_withheld_signature_differ_in_the_total_at_most() -> None:
    number = a_campaign()
    add(seats={number: "viewer"}, may_send=True)
    maly = at_the_desk()
    pages = [f"/desk/campaigns/{number}{below}" for below in ("", "?page=1", "/log", "/log?before=1000000")]
    signs(number, 0, "public")
    before = {path: shown(maly, path) for path in ["/desk", *pages]}
    assert "River Watch" in before[pages[0]]
    signs(number, 1, "counted")
    after = {path: shown(maly, path) for path in before}
    assert [words(after[path]) for path in pages[2:]] == [words(before[path]) for path in pages[2:]]
    for path in pages[:2]:
        assert after[path].replace("<dt>Signed</dt><dd>2<", "<dt>Signed</dt><dd>1<") == before[path]
    assert after["/desk"].replace("2 of 2", "1 of 2") == before["/desk"]
    assert all("Eau Vive" not in page for page in after.values())
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.organization == "Eau Vive")).one()
        secrets = {partner.contact, partner.email, partner.country, "not answered", "/partners"} - {""}
    assert [(path, one) for path, page in after.items() for one in secrets if one in page] == []


def test_a_number_of_a_line_that_a_viewer_does_not_see_is_as_unknown_as_any_other() -> None:
    """Whoever tries one number after another would find out when somebody signs who is not named."""
    number = a_campaign()
    add(seats={number: "viewer"})
    maly, log = at_the_desk(), f"/desk/campaigns/{number}/log"
    with db.transaction() as session:
        audit.log(session, session.get_one(Campaign, number), "organizer", "extended", detail=2)
    signs(number, 1, "counted")
    with db.reading() as session:
        lines = {one.what: one.id for one in session.scalars(select(AuditEvent))}
    of_hidden, of_nothing = (shown(maly, f"{log}?before={one}") for one in (lines["sign"], 1_000_000))
    assert of_hidden == of_nothing.replace("1000000", str(lines["sign"]))


def test_a_campaigns_page_has_its_numbers_with_links_and_the_acts_below_their_titles() -> None:
    number = a_campaign()
    add(seats={number: "owner"}, may_send=True)
    maly, place = at_the_desk(), f"/desk/campaigns/{number}"
    signs(number, 0, "public")
    page = shown(maly, place)
    assert title(page) == "Overview – About dam – Organizers’ desk"
    assert f'<a href="{place}" aria-current="page">Overview</a>' in page
    assert f'<a href="{place}/partners?which=signed">1 signed</a>' in page
    assert ">Members<" not in page
    assert "Minister Ada Weir" in page
    titles = re.findall(r"<h3[^>]*>(.*?)</h3>", page)
    assert "Deadline and reminders" in titles
    assert titles.index("Deadline and reminders") < titles.index("If something goes wrong")
    assert "Hold all email?" in shown(maly, f"{place}/hold")
    maly.does(f"{place}/hold")
    held = words(shown(maly, place))
    assert "on hold" in held
    assert "All email is held, except yours." in held


def test_a_campaigns_page_says_until_when_the_last_act_can_be_taken_back() -> None:
    settings.set_for_this_process(undo=600)
    number = a_campaign()
    with db.transaction() as session:
        extend.move_deadline(session, number, db.clock(session) + timedelta(days=30))
    add(seats={number: "owner"}, may_send=True)
    page = words(shown(at_the_desk(), f"/desk/campaigns/{number}"))
    until = r"Until [^.]*, \d\d:\d\d \(Zurich time, UTC[^.]*\), or until somebody answers, "
    assert re.search(until + r"you can take this back: the new deadline\.", page)


def test_what_would_be_refused_is_not_offered() -> None:
    settings.set_for_this_process(undo=600)
    number = a_campaign()
    with db.transaction() as session:
        campaign = session.get_one(Campaign, number)
        undo.remember(campaign, "launch", db.clock(session))
        campaign.deadline_at = db.clock(session) + timedelta(minutes=50)
        signed, silent = campaign.partners[0].id, campaign.partners[1].id
    signs(number, 0, "public")
    add(seats={number: "owner"}, may_send=True)
    maly, place = at_the_desk(), f"/desk/campaigns/{number}"
    page = shown(maly, place)
    assert "take this back" not in words(page)  # only a command takes a launch back
    assert {f"{place}/{act}" for act in ("undo", "earlier", "extend")} & links(page) == {f"{place}/extend"}
    assert f"{place}/partners/{signed}/withdraw" in links(shown(maly, f"{place}/partners/{signed}"))
    of_silent = links(shown(maly, f"{place}/partners/{silent}"))
    assert f"{place}/partners/{silent}/sign" in of_silent
    assert not {f"{place}/partners/{silent}/{act}" for act in ("withdraw", "end-contact")} & of_silent


def test_in_a_panic_no_act_is_offered_that_waits_for_its_end() -> None:
    number = a_campaign()
    with db.transaction() as session:
        panic.start_panic(session, number)
    add(seats={number: "owner"}, may_send=True)
    maly, place = at_the_desk(), f"/desk/campaigns/{number}"
    page = shown(maly, place)
    assert "Open: partners can answer" not in words(page)
    assert {f"{place}/end-panic", f"{place}/cancel"} <= links(page)
    for act in campaign_page._AFTER_A_PANIC:
        assert f"{place}/{act}" not in links(page)
    for act in ("resume", "close"):
        assert maly.get(f"{place}/{act}").status_code == 409


def test_large_numbers_are_written_as_the_language_has_them() -> None:
    said = [safety.resume(12_000, language).lines[0] for language in ("en", "fr")]
    assert "12,000 " in said[0]
    assert "12\u202f000 " in said[1]


def test_the_log_has_its_days_pages_and_names_for_who_may_see_them() -> None:
    number = a_campaign()
    add(seats={number: "editor"})
    with db.transaction() as session:
        campaign = session.get_one(Campaign, number)
        for place in range(PAGE + 5):
            audit.log(session, campaign, "organizer", "resent", campaign.partners[0], detail=place + 1)
        session.flush()
        session.scalars(select(AuditEvent).order_by(AuditEvent.id)).all()[1].at -= timedelta(days=40)
    with db.transaction() as session:
        audit.act_as(session, session.scalars(select(Organizer.id)).one())
        audit.log(session, session.get_one(Campaign, number), "organizer", "extended", detail=2)
        session.flush()
        dara = organizers.add_organizer(session, "Dara Kim", "dara@rivers.example", "en")
        organizers.give_seat(session, dara, number, "viewer", may_send=False)
    maly, log = at_the_desk(), f"/desk/campaigns/{number}/log"
    newest = shown(maly, log)
    assert "The deadline was moved." in newest
    assert "Maly Sok</span>" in newest
    assert newest.count("<li><time") == PAGE
    older = re.findall(r'href="([^"]*\?before=\d+)"', newest)
    [rest] = [shown(maly, html.unescape(one)) for one in older]
    assert rest.count("<h2 id=") >= 2
    assert "River Watch is sent 1 email again." in rest
    assert "Older lines" not in rest
    for bad in ("", "0", "x", "-1", "9" * 30):
        assert maly.get(f"{log}?before={bad}").status_code == 200
    of_viewer = shown(at_the_desk("Dara Kim"), log)
    assert "The deadline was moved." in of_viewer
    assert not [one for one in ("River Watch", "Maly Sok", "email again", "a partner") if one in of_viewer]


def test_every_page_has_a_title_of_its_own() -> None:
    number = a_campaign()
    add(seats={number: "owner"}, may_send=True)
    maly, place = at_the_desk(), f"/desk/campaigns/{number}"
    pages = ["/desk", "/desk/account", place, f"{place}/log", f"{place}/extend", f"{place}/hold", "/desk/nowhere"]
    titles = [title(maly.get(page).text) for page in pages[:-1]]
    assert len(set(titles)) == len(titles)
    assert all(one.endswith("Organizers’ desk") for one in titles)
    assert titles[-1] == "Hold all email? – About dam – Organizers’ desk"
