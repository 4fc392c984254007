"""A mail got into wrong hands: once that is said, nothing that it carries works, and nothing that it did stands."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from tests.holder import Holder, links_in, living_links_in, words
from tests.promises import soon
from tests.stage import Organization, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


def says_it_was_not_us(campaign: Story, river_watch: Organization) -> EmailMessage:
    """The registered contact undoes what was answered in its name; the mail with its new link comes back."""
    old = Holder(river_watch.invitation())
    assert old.says_it_was_not_us()[0] == 200
    return eventually(lambda: [mail for mail in river_watch.mails() if set(links_in(mail)) - {old.link}])[-1]


def gets_another_address(campaign: Story, river_watch: Organization) -> EmailMessage:
    """The organizers hear by telephone where River Watch reads its mail; the first mail there comes back."""
    office = f"office@rw.{campaign.slug}.example"
    campaign.types("amend", "--partner", "River Watch", "--email", office, "--yes")
    return eventually(lambda: campaign.stage.mails(office))[-1]


Rescue = Callable[[Story, Organization], EmailMessage]
either_rescue = pytest.mark.parametrize("rescued", [says_it_was_not_us, gets_another_address])


@either_rescue
def test_a_mail_that_waited_brings_the_thief_no_living_link(
    rescued: Rescue, campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    mailbox, chair = f"thief@elsewhere.{campaign.slug}.example", f"chair@cc.{campaign.slug}.example"
    server = campaign.stage.catcher
    server.greylisted |= {mailbox, chair}
    thief = Holder(river_watch.invitation())
    assert thief.passes_on(mailbox)[0] == 200
    assert Holder(clean_coast.invitation()).passes_on(chair)[0] == 200
    eventually(lambda: {mailbox, chair} <= set(server.put_off))
    assert thief.signs()[0] == 200

    renewed = rescued(campaign, river_watch)

    assert living_links_in([thief.mail]) == [], "the stolen link is dead"
    assert len(living_links_in([renewed])) == 1
    server.greylisted.clear()
    campaign.stage.set_clock(datetime.now(UTC) + timedelta(minutes=30))
    eventually(lambda: campaign.stage.mails(chair))  # what waited has left
    assert not soon(lambda: living_links_in(campaign.stage.mails(mailbox))), "the thief gets no living link"


@either_rescue
def test_the_listing_stands_as_before_the_stolen_link_was_used(
    rescued: Rescue, campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    thief = Holder(river_watch.invitation())
    before = listing(thief)
    assert before == {"organization": "River Watch", "acronym": "RW", "country": "Canada", "sort_as": ""}
    assert thief.is_to_be_printed(acronym="SHAM", country="Cambodia", sort_as="Aardvark")[0] == 200
    assert thief.signs()[0] == 200
    assert listing(thief) != before

    renewed = Holder(rescued(campaign, river_watch))

    assert listing(renewed) == before


def test_who_reads_english_gets_its_receipt_in_english_whoever_answered_in_khmer(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    thief = Holder(river_watch.invitation(), language="km")
    assert "lang=" in thief.page(), "the page speaks Khmer"

    assert thief.signs()[0] == 200

    receipt = river_watch.receipts()[0]
    assert "River Watch" in words(receipt)
    assert "River Watch signs the joint letter" in words(receipt)


def test_the_new_link_comes_in_the_language_that_was_registered(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    assert Holder(river_watch.invitation(), language="km").signs()[0] == 200
    river_watch.receipts()

    renewed = says_it_was_not_us(campaign, river_watch)

    assert len(living_links_in([renewed])) == 1
    assert "Opening the link changes nothing" in words(renewed)


def listing(holder: Holder) -> dict[str, str]:
    """How a partner is printed, as the form to correct it shows."""
    fields = dict(re.findall(r'<input id="(\w+)" name="\1" type="text"[^>]*? value="([^"]*)"', holder.page("/row")))
    return {name: fields[name] for name in ("organization", "acronym", "country", "sort_as")}
