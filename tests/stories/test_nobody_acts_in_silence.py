"""Whoever got hold of a mail acts in a partner's name: the address that it came to hears of what exposes more."""

import pytest

from tests.holder import Holder, words
from tests.stage import Organization, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


def test_a_public_signature_is_told_whatever_silence_was_asked_for(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    thief = Holder(river_watch.invitation())

    assert thief.presses_unsubscribe()[0] == 200
    assert thief.signs()[0] == 200

    assert campaign.status()["counts"]["signed"] == 1
    assert eventually(lambda: river_watch.mails("River Watch signs")), "the registered contact hears of the signature"


def test_more_visibility_is_told_whatever_silence_was_asked_for(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs("counted")
    before = len(river_watch.receipts())
    thief = Holder(river_watch.invitation())

    assert thief.asks_for_no_more_mail()[0] == 200
    assert thief.signs("public")[0] == 200

    assert campaign.status()["counts"]["named_publicly"] == 1
    assert eventually(lambda: [mail for mail in river_watch.receipts()[before:] if river_watch.row in words(mail)]), (
        "the registered contact hears under which name it is printed now"
    )


def test_passing_on_is_told_whatever_silence_was_asked_for(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    thief = Holder(river_watch.invitation())
    mailbox = f"thief@elsewhere.{campaign.slug}.example"

    assert thief.presses_unsubscribe()[0] == 200
    assert thief.passes_on(mailbox)[0] == 200

    assert eventually(lambda: campaign.stage.mails(mailbox)), "the thief has a mail of its own now"
    assert eventually(lambda: river_watch.mails("passed")), "the registered contact hears that it was passed on"


def test_another_listing_is_told_with_what_stood_before(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    thief = Holder(river_watch.invitation())

    assert thief.presses_unsubscribe()[0] == 200
    assert thief.is_to_be_printed(acronym="SHAM")[0] == 200

    assert "River Watch (SHAM), Canada" in river_watch.page()
    assert eventually(lambda: campaign.organizers_mails("changed how its name appears"))
    told = eventually(lambda: river_watch.mails("SHAM"))
    assert told, "the registered contact hears of the new acronym"
    assert "RW" in words(told[0])


def test_it_is_told_once_that_silence_was_asked_for(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    thief = Holder(river_watch.invitation())

    for _ in range(2):
        assert thief.presses_unsubscribe()[0] == 200

    assert next(p for p in campaign.status()["partners"])["quiet"], "it is recorded"
    assert len(eventually(lambda: river_watch.mails()[1:])) == 1, "the registered contact hears of it, once"
