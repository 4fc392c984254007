"""More organizations are asked after the launch: each once, and with every problem of a list told at once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from tests import cast
from tests.desks import Desk, desk  # noqa: F401
from tests.phrases import printed
from worker import db, settings, tasks
from worker.acts import add_partners, suppressions, third_party_limits
from worker.acts.invite import enqueue_invitations
from worker.acts.join import confirm_wish
from worker.acts.take_out import take_out_partner
from worker.definition.additions import Additions
from worker.definition.partners import COLUMNS, PartnerRow
from worker.models import AuditEvent, Campaign, Mail, Partner
from worker.state import refusals
from worker.state.newcomers import load_alike

pytestmark = pytest.mark.usefixtures("notified", "database")


@pytest.fixture
def session() -> Iterator[Session]:
    with db.transaction() as session:
        yield session


def a_list(*rows: PartnerRow) -> Additions:
    return Additions("more.csv", rows, range(2, 2 + len(rows)))


def one(name: str, email: str = "", **cells: str) -> PartnerRow:
    return PartnerRow(organization=name, email=email, **cells)


def _partners(session: Session, campaign: Campaign) -> list[str]:
    of_it = select(Partner.organization).where(Partner.campaign_id == campaign.id).order_by(Partner.id)
    return list(session.scalars(of_it))


def test_they_are_partners_and_invited_as_at_launch_a_minute_later(session: Session) -> None:
    settings.set_for_this_process(undo=60)
    campaign = cast.a_campaign(session)
    campaign.launched_at -= timedelta(days=1)
    enqueue_invitations(session, campaign.id)
    added = add_partners.add_new_partners(
        session, campaign.id, a_list(one("Lake Friends", "office@lake.example"), one("Hill Friends", country="USA"))
    )
    assert (len(added.rows), added.asked) == (2, 1)
    now = db.clock(session)
    for mail in session.scalars(select(Mail)):
        mail.sent_at, mail.due_at = now, None
    session.flush()
    assert enqueue_invitations(session, campaign.id) == 1
    invitation = session.scalars(select(Mail).where(Mail.due_at.is_not(None))).one()
    lake = session.scalars(select(Partner).where(Partner.organization == "Lake Friends")).one()
    assert (invitation.partner_id, invitation.kind) == (lake.id, "invitation")
    assert invitation.due_at is not None
    assert timedelta(seconds=50) < invitation.due_at - now <= timedelta(seconds=61)
    assert (lake.language, lake.email, lake.folded) == ("en", "office@lake.example", "lake friends")
    assert enqueue_invitations(session, campaign.id) == 0
    event = session.scalars(select(AuditEvent).where(AuditEvent.what == "partners_added")).one()
    assert (event.detail, event.actor) == ("2", "organizer")


def test_who_is_a_partner_already_is_left_out_and_said(session: Session) -> None:
    campaign = cast.a_campaign(session, partners=("Sea Friends",))
    sea = campaign.partners[2]
    take_out_partner(session, sea.id)
    asked = third_party_limits.write_to(
        session,
        "confirm",
        campaign,
        third_party_limits.Person("box@ferry.example", "en", organization="Ferry Folk"),
        db.clock(session),
    )
    confirm_wish(session, asked.id)
    added = add_partners.add_new_partners(
        session,
        campaign.id,
        a_list(
            one("river  WATCH", "new@river.example"),
            one("River Watch", country="Chad"),
            one("Another Name", campaign.partners[1].email),
            one("Sea Friends"),
            one("ferry folk", "someone@ferry.example"),
        ),
    )
    assert [row.country for row in added.rows] == ["Chad"]  # of another country, it is another organization
    found = [(left.at, left.why, left.number) for left in added.compared.left_out]
    river, eau = campaign.partners[:2]
    assert found == [
        (0, "partner", river.id),
        (2, "address", eau.id),
        (3, "taken out", sea.id),
        (4, "applicant", asked.id),
    ]


def test_a_namesake_is_added_where_a_person_says_so(session: Session) -> None:
    campaign = cast.a_campaign(session)
    again = a_list(one("River Watch", "other@river.example"))
    with pytest.raises(refusals.NobodyNew):
        add_partners.add_new_partners(session, campaign.id, again)
    assert len(add_partners.add_new_partners(session, campaign.id, again, namesake=True).rows) == 1
    with pytest.raises(refusals.NobodyNew):  # name and address are the same: it is the one that was added
        add_partners.add_new_partners(session, campaign.id, again, namesake=True)
    assert _partners(session, campaign).count("River Watch") == 2


def test_every_problem_is_told_at_once_by_row_and_column(session: Session) -> None:
    campaign = cast.a_campaign(session)
    cells = [
        [5, "Lake Friends", "", "", "", "not an address", "en", ""],
        [6, "Hill Friends", "", "", "", "Minister+x@water.example", "km", ""],
        [7, "", "", "", "", "", "", ""],
        [8, "ܫܠܡܐ", "", "", "", "", "", ""],
        [9, "hill friends", "", "", "", "", "", ""],
        [10, "Congo Friends", "", "Congo", "", "", "", ""],
    ]
    additions = Additions.from_spelled(json.dumps(["row", *cells]))
    with pytest.raises(refusals.BadList) as refused:
        add_partners.add_new_partners(session, campaign.id, additions)
    said = printed(refused.value.facts["wrong"])
    for part in (
        "row 5, column email",
        "row 6, column language: found “km”",
        "row 6, column email: found the address of an addressee",
        "row 7, column organization",
        "row 8: found",
        "rows 6 and 9: found a duplicate",
        "row 10, column country",
    ):
        assert part in said, part
    assert len(_partners(session, campaign)) == 2


def test_an_address_from_which_mail_came_back_is_told_and_not_written_to(session: Session) -> None:
    campaign = cast.a_campaign(session)
    suppressions.suppress(session, "gone@lake.example", None)
    added = add_partners.add_new_partners(session, campaign.id, a_list(one("Lake Friends", "gone@lake.example")))
    assert (added.asked, list(added.compared.without_mail)) == (0, [0])


def test_names_that_look_alike_are_told(session: Session) -> None:
    campaign = cast.a_campaign(session, partners=("Lake Chad Fishers Association",))
    river, vive, fishers = campaign.partners
    vive.names = {"en": "Living Water Network", "km": "បណ្ដាញទឹករស់"}
    session.flush()
    rows = ["Lake Chad Fishers Asociation", "River Watch", "Hill Friends", "RW", "Livng Water Network", "បណ្ដាញទឹករស់"]
    assert {(one.row, one.number) for one in load_alike(session, campaign, [one(name) for name in rows])} == {
        ("Lake Chad Fishers Asociation", fishers.id),
        ("RW", river.id),
        ("Livng Water Network", vive.id),
        ("បណ្ដាញទឹករស់", vive.id),
    }


def test_only_while_answers_are_taken(session: Session) -> None:
    campaign = cast.a_campaign(session)
    cast.passes_its_deadline(session, campaign)
    with pytest.raises(refusals.Closed):
        add_partners.add_new_partners(session, campaign.id, a_list(one("Lake Friends")))


def test_there_are_no_more_than_a_list_can_have(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add_partners, "MAX_PARTNERS", 3)
    campaign = cast.a_campaign(session)
    with pytest.raises(refusals.TooManyPartners):
        add_partners.add_new_partners(session, campaign.id, a_list(one("Lake Friends"), one("Hill Friends")))
    assert len(_partners(session, campaign)) == 2


def test_two_who_add_the_same_list_at_once_make_each_partner_once() -> None:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
    rows = a_list(*(one(f"Friends {place}", f"box@friends{place}.example") for place in range(40)))

    def adds(_: int) -> int:
        try:
            with db.transaction() as session:
                return len(add_partners.add_new_partners(session, number, rows).rows)
        except refusals.NobodyNew:
            return 0

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(adds, range(2))) == [0, 40]
    with db.reading() as session:
        assert len(session.scalars(select(Partner.id)).all()) == 42


def test_what_a_page_kept_can_bring_nothing_but_rows() -> None:
    half = '["row",[1,"\\ud800abc","","","","x@lake.example","en",""]]'  # of a sign
    for spelled in ("", "{}", "[]", '["row",[1]]', '["cell",[1,"a","","","","","",""]]', "[" * 5000, half):
        assert list(Additions.from_spelled(spelled).rows) == []
    made = a_list(one("Lake Friends", "office@lake.example", note="x; y"))
    assert Additions.from_spelled(made.spelled()).rows == list(made.rows)
    assert len(COLUMNS) == 7


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
class TestCommand:
    def test_adds_a_list_and_says_who_is_left_out(self, desk: Desk, tmp_path: Path) -> None:  # noqa: F811
        desk.launches()
        desk.relay_accepts()
        known = desk.campaign_partners()[0]
        more = tmp_path / "more.csv"
        more.write_text(f"organization;email\n{known.organization};\nLake Friends;office@lake.example\n")
        dry = desk.types("add", "rivers", str(more), "--dry-run")
        assert f"Row 2: {known.organization} is a partner already" in dry
        assert "would be added: Lake Friends" in dry
        before = len(desk.campaign_partners())
        assert "Added: 1 organization." in desk.types("add", "rivers", str(more), "--yes")
        assert len(desk.campaign_partners()) == before + 1
        desk.does(tasks.invite)
        assert desk.mails("invitation") == before + 1 - sum(not one.email_hmac for one in desk.campaign_partners())
        again = desk.types("add", "rivers", str(more), "--yes")
        assert "Nobody on it is new: nothing was changed." in again

    def test_tells_each_problem_and_adds_nobody(self, desk: Desk, tmp_path: Path) -> None:  # noqa: F811
        desk.launches()
        more = tmp_path / "more.csv"
        more.write_text("organization,email,language\nLake Friends,office@lake.example,km\nLake Friends,,de\n")
        said = desk.types("add", "rivers", str(more), "--yes", code=1)
        assert "✗ more.csv, row 2, column language" in said
        assert "rows 2 and 3" in said
        assert "nobody was added" in said

    def test_adds_one_takes_it_out_and_puts_it_back(self, desk: Desk) -> None:  # noqa: F811
        desk.launches()
        desk.types("add", "rivers", "--organization", "Lake Friends", "--email", "office@lake.example", "--yes")
        said = desk.types("remove", "rivers", "lake friends", "--dry-run")
        assert "told by no email" in said
        assert "is taken out of the list" in desk.types("remove", "rivers", "lake friends", "--yes")
        assert "was taken out of the list" in desk.types("remove", "rivers", "lake friends", "--yes", code=1)
        again = desk.types("add", "rivers", "--organization", "Lake Friends", "--yes")
        assert "was taken out of the list" in again
        assert "is in the list again" in desk.types("remove", "rivers", "lake friends", "--put-back", "--yes")
        desk.types("add", "rivers", code=2)
        desk.types("add", "rivers", "x.csv", "--namesake", code=2)
        desk.types("add", "rivers", "--email", "a@b.example", code=2)
