"""The table of partners: the printed order, filters that count as `status` does, and what a viewer cannot find out."""

import importlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from tests import cast
from tests.sql import statements
from worker import db, settings, tokens
from worker.acts import (
    answer,
    contacts,
    correct_address,
    correct_listing,
    disown,
    erase,
    look_after,
    merge,
    organizers,
    partner_notes,
)
from worker.acts.answer import Statement
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner, Suppression, as_listed, bound
from worker.state import notes, signatories
from worker.state.board import PAGE, Filter, Wanted, load_board, load_public_board
from worker.state.counts import load_counts
from worker.state.links import Link
from worker.state.status import load_status
from worker.text.collation import sort_bytes, sort_key

NAMES = (
    "Zoë’s Garden",
    "zebra",
    "Œuvre",
    "Oeuvre",
    "Öffnung",
    "Ångström",
    "ក្រុមការងារ",
    "O'Neill",
    "Oneill",
    "漢字",
    "",
)


@pytest.fixture
def campaign(database: str) -> Campaign:
    """Nine partners, each of whom stands otherwise."""
    with db.transaction() as session:
        names = ("Zoë’s Garden", "Silent Rivers", "Lost Lake", "Doubtful Delta", "No Box", "Wishing Well", "Gone Away")
        made = cast.a_campaign(session, partners=names)
        now, by_name = db.clock(session), {one.organization: one for one in made.partners}
        by_name["No Box"].email, by_name["No Box"].email_hmac = "", None
        for place, partner in enumerate(made.partners):
            if partner.email:
                partner.email = f"box{place}@partner.example"
                partner.email_hmac = tokens.fingerprint(partner.email)
        asked = [one for one in made.partners if one.email_hmac]
        outbox.put(session, [outbox.to_partner("invitation", made, one, "1", now) for one in asked])
        session.execute(update(Mail).values(sent_at=now, due_at=None))
        _mail_of(session, by_name["Lost Lake"], bounced_at=now)
        _mail_of(session, by_name["Doubtful Delta"], reported_at=now)
        suppressed = by_name["Gone Away"].email_hmac
        assert suppressed is not None
        session.add(Suppression(email_hmac=suppressed, at=now, reason="bounce"))
        cast.signs(session, by_name["River Watch"], "public")
        cast.signs(session, by_name["Zoë’s Garden"], "counted")
        answer.decline(session, by_name["Eau Vive"].id, Statement())
        cast.asks_for_a_change(session, by_name["Wishing Well"].id, Statement(reason="softer"))
        wanted = correct_listing.Listing("River Watchers", "RW", "USA")
        correct_listing.change_listing(session, by_name["River Watch"].id, wanted)
        partner_notes.add_note(session, by_name["Gone Away"].id, "ask whether it moved", now)
        partner_notes.add_note(session, by_name["No Box"].id, "bring it on Friday", now + timedelta(days=3))
        return made


def _mail_of(session: Session, partner: Partner, **values: datetime) -> None:
    session.execute(update(Mail).where(Mail.partner_id == partner.id).values(**values))


def look(wanted: Wanted = Wanted()) -> list[str]:
    with db.reading() as session:
        return [row.name.partition(" (")[0] for row in load_board(session, _only(session), wanted).rows]


def _only(session: Session) -> Campaign:
    return session.scalars(select(Campaign)).one()


def test_names_as_bytes_are_in_the_order_of_the_collation() -> None:
    names = [*NAMES, *(f"{a} {b}".strip() for a, b in product(NAMES, NAMES[:4]))]
    pairs = [(name, country) for name in names for country in ("", "Chad", "Änderland", "chad")]
    assert sorted(pairs, key=lambda one: sort_bytes(*one)) == sorted(pairs, key=lambda one: (sort_key(one[0]), one[1]))


def test_every_partner_has_its_place_whoever_wrote_its_row(campaign: Campaign) -> None:
    with db.transaction() as session:
        row = {"organization": "a first", "acronym": "", "country": "", "campaign_id": campaign.id, "ref": b"12345678"}
        besides = {"generation": 1, "language": "en", "contact": "", "email": "", "note": ""}
        listed = as_listed(organization="a first", acronym="", country="")
        session.execute(insert(Partner), [bound(Partner, row | besides | listed)])
        river_watch, eau_vive, zoe, *_ = session.scalars(select(Partner).order_by(Partner.id))
        correct_listing.decide_name(session, river_watch.id, agreed=True)
        eau_vive.sort_as, zoe.names = "Zzz", {"fr": "Le jardin de Zoé"}
        merge.merge_partners(session, zoe.id, eau_vive.id)
    with db.reading() as session:
        partners = session.scalars(select(Partner)).all()
        in_sql = session.scalars(select(Partner.id).order_by(Partner.sort_key, Partner.id)).all()
        assert [one.id for one in signatories.in_order(partners)] == list(in_sql)
        kept = {one.id: (one.sort_key, one.folded) for one in partners}
        for one in partners:
            printed: dict[str, Any] = {name: getattr(one, name) for name in ("organization", "acronym", "country")}
            shown = as_listed(**printed, names=one.names, sort_as=one.sort_as)
            assert kept[one.id] == (shown["sort_key"], shown["folded"])
    assert look(Wanted(search="LE JARDIN de zoe")) == ["Zoë’s Garden"]
    assert look(Wanted(search="watchers")) == ["River Watchers"]


def test_what_is_erased_is_found_by_no_word(campaign: Campaign) -> None:
    with db.transaction() as session:
        silent = session.scalars(select(Partner).where(Partner.organization == "Silent Rivers")).one()
        erase.erase_partner(session, silent.id)
    assert look(Wanted(search="silent")) == look(Wanted(search="erased")) == []
    with db.reading() as session:
        session.refresh(found := session.get_one(Partner, silent.id), ["folded", "sort_key"])
        assert (found.folded, found.sort_key) == ("", sort_bytes("(erased)", ""))


FILTERED: dict[Filter, list[str]] = {
    "silent": ["Doubtful Delta", "Silent Rivers"],
    "not_reached": ["Gone Away", "Lost Lake"],
    "may_not_have_arrived": ["Doubtful Delta"],
    "signed": ["River Watch", "Zoë’s Garden"],
    "declined": ["Eau Vive, France"],
    "withdrawn": [],
    "wishes": ["Wishing Well"],
    "name_waits": ["River Watch"],
    "no_address": ["No Box"],
    "note_due": ["Gone Away"],
}


def test_filters_show_whom_they_count_and_status_counts_alike(campaign: Campaign) -> None:
    assert FILTERED.keys() == set(get_args(Filter))
    with db.reading() as session:
        board, counts = load_board(session, _only(session)), load_counts(session, _only(session))
        partners = {one.number: one for one in load_status(session, _only(session)).partners}
    for which, expected in FILTERED.items():
        assert look(Wanted(which=which)) == expected, which
        assert board.by_filter[which] == len(expected)
    assert (board.partners, board.found, board.pages) == (9, 9, 1)
    by_status = (counts.silent, counts.unreached, counts.may_not_have_arrived, counts.by_hand, *counts.answers.values())
    ours: Sequence[Filter] = ("silent", "not_reached", "may_not_have_arrived", "no_address", "signed", "declined")
    assert tuple(board.by_filter[one] for one in (*ours, "withdrawn", "wishes")) == by_status
    assert board.by_language == {"en": 8, "fr": 1}
    assert board.by_country == {"": 7, "France": 1, "USA": 1}
    codes = {row.name.partition(" (")[0]: row.mail for row in board.rows}
    assert (codes["Lost Lake"], codes["Gone Away"], codes["No Box"]) == ("bounced", "suppressed", "no address")
    assert (codes["Doubtful Delta"], codes["Silent Rivers"]) == ("may not have arrived", "sent")
    for row in board.rows:
        of_it = partners[row.number]
        assert (row.answer, row.visibility, row.answered) == (of_it.answer, of_it.visibility, of_it.answered)
        assert (row.mail in {"bounced", "refused", "suppressed"}) == (of_it.unreached is not None)


def test_the_table_is_sorted_searched_and_parted(campaign: Campaign) -> None:
    printed = look()
    assert printed == sorted(printed, key=lambda name: sort_key(name.partition(",")[0]))
    assert look(Wanted(order="state"))[:3] == ["Gone Away", "Lost Lake", "Doubtful Delta"]
    assert look(Wanted(order="state"))[-2:] == ["River Watch", "Zoë’s Garden"]
    assert look(Wanted(order="last_answer"))[:2] == ["Wishing Well", "Eau Vive, France"]
    assert look(Wanted(search="zoes")) == []
    assert look(Wanted(search="ZOE'S gar")) == ["Zoë’s Garden"]
    assert look(Wanted(search="100%_")) == []
    assert look(Wanted(language="fr")) == look(Wanted(country="France")) == ["Eau Vive, France"]
    assert look(Wanted(which="signed", search="river")) == ["River Watch"]
    with db.transaction() as session:
        river_watch = _only(session).partners[0]
        contacts.add_contact(session, river_watch.id, "chair@river.example", language="en")
    assert (
        look(Wanted(search=" Box0@Partner.example ")) == look(Wanted(search="chair@river.example")) == ["River Watch"]
    )
    assert look(Wanted(search="box0@partner")) == []


def test_each_choice_counts_what_it_would_show_beside_the_others(campaign: Campaign) -> None:
    with db.transaction() as session:
        maly = organizers.add_organizer(session, "Maly Sok", "maly@rivers.example", "en")
        organizers.give_seat(session, maly, campaign.id, "editor", may_send=False)
        for one in _only(session).partners[:2]:
            look_after.choose_carer(session, one.id, maly.id)
    with db.reading() as session:
        board = load_board(session, _only(session), Wanted(which="signed", language="en", care=maly.id))
        assert [(row.name, row.carer) for row in board.rows] == [("River Watch (RW), USA", "Maly Sok")]
        assert (board.found, board.partners, board.by_carer) == (1, 9, {maly.id: 1})
        assert (board.by_filter["signed"], board.by_filter["declined"]) == (1, 0)
        assert board.by_language == {"en": 1}
        french = load_board(session, _only(session), Wanted(language="fr", country="France", care=maly.id))
        assert (french.found, french.by_language) == (1, {"fr": 1})
        assert french.by_country == {"France": 1}
        french = load_board(session, _only(session), Wanted(language="fr"))
        assert (french.by_language, french.by_country) == ({"en": 8, "fr": 1}, {"France": 1})
        france = load_board(session, _only(session), Wanted(country="France"))
        assert (france.by_language, france.by_country) == ({"fr": 1}, {"": 7, "France": 1, "USA": 1})
        searched = load_board(session, _only(session), Wanted(search="v"))
        assert (searched.found, searched.by_language) == (3, {"en": 2, "fr": 1})
        assert (searched.by_filter["signed"], searched.by_carer) == (1, {maly.id: 2})
        for which, number in board.by_filter.items():
            wanted = Wanted(which=which, language="en", care=maly.id)
            assert load_board(session, _only(session), wanted).found == number, which


def test_who_was_taken_out_is_in_no_table_and_no_number(campaign: Campaign) -> None:
    with db.transaction() as session:
        gone = session.scalars(select(Partner).where(Partner.organization == "Gone Away")).one()
        assert notes.count_due(session, [campaign.id]) == {campaign.id: 1}
        gone.taken_out_at = db.clock(session)
        session.flush()
        assert notes.count_due(session, [campaign.id]) == {}
        board = load_board(session, _only(session))
        assert (board.partners, board.found, board.unfiltered) == (8, 8, 8)
        assert (board.by_filter["note_due"], board.by_language) == (0, {"en": 7, "fr": 1})
    assert "Gone Away" not in look()


def test_an_address_is_found_under_the_former_key(campaign: Campaign) -> None:
    key = settings.current().secret_key
    settings.set_for_this_process(secret_key="another key that is long enough for it", secret_key_old=key)
    assert look(Wanted(search="box0@partner.example")) == ["River Watch"]


def test_a_page_takes_as_many_statements_for_six_hundred_partners_as_for_six(database: str) -> None:
    counted = {}
    for number in (6, 600):
        with db.transaction() as session:
            made = cast.a_campaign(session, slug=f"dam-{number}", partners=tuple(f"No {n}" for n in range(number - 2)))
            now = db.clock(session)
            outbox.put(session, [outbox.to_partner("invitation", made, one, "1", now) for one in made.partners])
            cast.signs(session, made.partners[0])
        with statements() as seen, db.reading() as session:
            page = load_board(session, session.get_one(Campaign, made.id))
        counted[number] = len(seen)
        assert len(page.rows) == min(number, PAGE)
        assert not any(
            column in one for one in seen for column in ("partner.email,", "partner.contact", "representative")
        )
    assert counted[6] == counted[600] <= 19


def test_of_pages_none_is_left_out(database: str) -> None:
    with db.transaction() as session:
        made = cast.a_campaign(session, partners=tuple(f"Org {n % 7}" for n in range(PAGE * 2 + 5)))
        ids = {one.id for one in made.partners}
    with db.reading() as session:
        pages = [load_board(session, _only(session), Wanted(page=page)) for page in (1, 2, 3, 4)]
    assert [(page.page, len(page.rows)) for page in pages] == [(1, PAGE), (2, PAGE), (3, 7), (3, 7)]
    assert {row.number for page in pages for row in page.rows} == ids
    assert pages[0].pages == 3


WITHHELD: tuple[str, ...] = ("counted", "addressee")


@pytest.mark.parametrize("visibility", WITHHELD)
def test_a_viewer_cannot_tell_who_signs_without_its_name(campaign: Campaign, visibility: str) -> None:
    """Whatever is searched: before and after a withheld signature only the number of all who sign is another."""
    searches = ("", "River", "silent", "Zoë", "Doubtful", "a")
    with db.reading() as session:
        before = [vars(load_public_board(session, _only(session), search=one)) for one in searches]
    with db.transaction() as session:
        silent = session.scalars(select(Partner).where(Partner.organization == "Silent Rivers")).one()
        answer.sign(session, silent.id, visibility, cast.SOPHEA)  # type: ignore[arg-type]
    with db.reading() as session:
        after = [vars(load_public_board(session, _only(session), search=one)) for one in searches]
    assert after == [one | {"signed": one["signed"] + 1} for one in before]
    assert before[0]["names"] == before[1]["names"] == ["River Watch (RW), USA"]
    assert all(one["names"] == [] for one in before[2:5])


def test_one_word_says_how_the_mail_stands_after_what_was_done(campaign: Campaign) -> None:
    def code(name: str) -> tuple[str, datetime | None]:
        with db.reading() as session:
            row = next(one for one in load_board(session, _only(session)).rows if name in one.name)
            return row.mail, row.mail_since

    with db.transaction() as session:
        lost = session.scalars(select(Partner).where(Partner.organization == "Lost Lake")).one()
        correct_address.change_address(session, lost.id, "found@lake.example")
    assert code("Lost Lake")[0] == "due"
    with db.transaction() as session:
        waits = Mail.partner_id == lost.id, Mail.due_at.is_not(None)
        session.execute(update(Mail).where(*waits).values(due_at=None, uncertain_at=db.clock(session)))
    assert code("Lost Lake")[0] == "uncertain"
    with db.transaction() as session:
        disown.disown_answer(session, _only(session).partners[0].id, link=Link(1))
        erase.erase_partner(session, lost.id)
    assert code("River Watch")[0] == "due"
    assert code("(erased)")[0] == "erased"
    assert code("(erased)")[1] is not None


def test_rows_from_before_get_their_place(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    before = look()
    with db.transaction() as session:
        session.execute(update(Partner).values(sort_key=b"", folded=""))
    assert look(Wanted(search="river")) == []
    revision = importlib.import_module("worker.migrations.versions.0014_the_printed_order")
    monkeypatch.setattr(revision, "_A_BATCH", 4)
    with (
        db.engine().execution_options(writing=True).begin() as connection,
        Operations.context(MigrationContext.configure(connection)),
    ):
        revision._fill()
    assert (look(), look(Wanted(search="river"))) == (before, ["River Watch", "Silent Rivers"])
