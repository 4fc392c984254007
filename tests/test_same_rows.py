"""The comparison of two campaigns' rows sees what an act did, and nothing that differs between any two."""

import pytest
from sqlalchemy import update

from tests import cast
from tests.same_rows import assert_same
from worker import db
from worker.acts import contacts, correct_address, invite, merge
from worker.models import Mail, Partner

pytestmark = [pytest.mark.parametrize("database", ["sqlite"], indirect=True), pytest.mark.usefixtures("database")]


def _played(slug: str) -> tuple[int, int]:
    """One whose partners were asked, answered, and were merged, so that many tables have rows of it; and a partner."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, slug=slug, partners=("Delta",))
        invite.enqueue_invitations(session, campaign.id)
        contacts.add_contact(session, campaign.partners[0].id, "chair@river.example", language="en")
        cast.signs(session, campaign.partners[2])
        correct_address.change_address(session, campaign.partners[1].id, "new@vive.example")
        kept = campaign.partners[0].id
        merge.merge_partners(session, kept, campaign.partners[2].id)
        return campaign.id, kept


def test_campaigns_in_which_the_same_was_done_are_the_same_whatever_their_numbers() -> None:
    first, _ = _played("dam")
    with db.transaction() as session:
        cast.a_campaign(session, slug="between", partners=("Another",))
    second, _ = _played("lakes")
    assert_same(first, second)


@pytest.mark.parametrize("what", ["partner", "mail", "contact"])
def test_one_that_differs_is_seen(what: str) -> None:
    (first, _), (second, number) = _played("dam"), _played("lakes")
    with db.transaction() as session:
        partner = session.get_one(Partner, number)
        match what:
            case "partner":
                partner.silenced_at = db.clock(session)
            case "mail":
                session.execute(update(Mail).where(Mail.partner_id == number).values(kind="reminder"))
            case _:
                contacts.end_contact(session, partner.id, contacts.load_living(session, partner.id)[0].id)
    with pytest.raises(AssertionError):
        assert_same(first, second)
