"""Mail cannot be called back: what is true when it leaves counts, and not what was true when it was put together."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.mail_server import Taken
from tests.promises import soon
from tests.stage import Organization, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)

CONNECTIONS = 4  # to the relay, as many as a worker opens unless it is told otherwise


def ten_more(campaign: Story) -> list[Organization]:
    return [campaign.joined_by(f"Friends of Lake {letter}", f"FL{letter}", "Chad") for letter in "ABCDEFGHIJ"]


def names(taken: Taken, organization: str) -> bool:
    """Whether anything attached to a mail as text names an organization."""
    attached = [part for part in taken.mail.iter_attachments() if part.get_content_type() == "text/plain"]
    return any(organization in str(part.get_content()) for part in attached)


def test_a_name_that_was_withdrawn_leaves_in_no_further_copy(campaign: Story, river_watch: Organization) -> None:
    others, relay = ten_more(campaign), campaign.stage.catcher
    campaign.launches()
    for partner in (river_watch, *others):
        partner.signs()
    campaign.reaches_its_deadline()
    eventually(lambda: campaign.status()["post"]["due"] == 0)  # the receipts are through
    relay.slow |= {partner.email for partner in others}
    campaign.passes_its_review()
    eventually(lambda: len(relay.waiting) == CONNECTIONS)  # the relay takes its time, the other copies queue up

    assert "has withdrawn its signature" in river_watch.withdraws()
    confirmed = time.monotonic()
    relay.is_itself_again()

    emails = {partner.email for partner in others}

    def copies() -> list[Taken]:
        return [one for one in relay.taken if one.to in emails and "as it was sent" in str(one.mail["Subject"])]

    eventually(lambda: len(copies()) == len(others))
    assert any(names(one, "Friends of Lake A") for one in copies())
    late = [one for one in copies() if one.begun > confirmed and names(one, "River Watch")]
    assert len(late) <= CONNECTIONS, "one mail at most for each connection"


def test_what_is_held_before_the_first_invitation_left_invites_nobody(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    relay = campaign.stage.catcher
    relay.greylisted |= {river_watch.email, clean_coast.email}
    campaign.launches()
    eventually(lambda: {river_watch.email, clean_coast.email} <= set(relay.put_off))

    assert "Held" in campaign.types("hold")

    assert campaign.status()["state"] == "held"
    assert not river_watch.mails()
    relay.is_itself_again()
    campaign.stage.set_clock(datetime.now(UTC) + timedelta(hours=1))
    assert not soon(lambda: river_watch.mails() or clean_coast.mails())


def test_copies_that_are_said_to_wait_do_wait(campaign: Story, river_watch: Organization) -> None:
    relay = campaign.stage.catcher
    campaign.launches()
    river_watch.signs()
    campaign.reaches_its_deadline()
    before = len(river_watch.receipts())
    relay.greylisted.add(river_watch.email)
    campaign.passes_its_review()
    campaign.is_dispatched()
    eventually(lambda: river_watch.email in relay.put_off)

    campaign.stage.types_anyway("hold", campaign.slug)  # "Copies that have not been sent wait."

    assert campaign.status()["held"]
    relay.is_itself_again()
    campaign.stage.set_clock(campaign.moment("review_ends") + timedelta(hours=1))
    assert not soon(lambda: river_watch.receipts()[before:])
