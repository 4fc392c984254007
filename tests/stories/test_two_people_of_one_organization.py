"""Two people act for one organization: neither overturns unseen what the other said, and both hear what follows."""

from email.message import EmailMessage

import pytest

from tests.holder import Holder, words
from tests.stage import Organization, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


def chair_of(campaign: Story, river_watch: Organization) -> tuple[str, Holder]:
    """The invitation is passed on to the chair; her address, and what she can do by her mail."""
    address = f"chair@rw.{campaign.slug}.example"
    assert Holder(river_watch.invitation()).passes_on(address)[0] == 200
    return address, Holder(eventually(lambda: campaign.stage.mails(address))[0])


def test_who_opened_the_page_before_another_signed_does_not_overturn_it_unseen(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    secretary, director = Holder(river_watch.invitation()), Holder(river_watch.invitation())
    opened_before = secretary.page()
    assert director.signs(who="Dana Director")[0] == 200

    status, page = secretary.declines(page=opened_before)

    signed = campaign.status()["counts"]["signed"]
    assert (status, signed) == (409, 1), "the signature stands"
    assert "River Watch signs" in page, "the page says what stands now"


def test_a_receipt_says_what_it_replaces(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    colleague = Holder(river_watch.invitation())
    assert colleague.signs(who="Dana Director")[0] == 200
    eventually(lambda: river_watch.mails("River Watch signs"))

    assert colleague.declines()[0] == 200

    receipt = eventually(lambda: river_watch.mails("River Watch does not sign"))[0]
    assert "replaces" in words(receipt)


def test_whoever_gets_the_invitation_passed_on_has_a_link_of_its_own(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()

    _, chair = chair_of(campaign, river_watch)

    assert "River Watch" in chair.page()
    assert chair.link != river_watch.link()


def test_who_signs_by_a_passed_on_link_gets_a_receipt_beside_the_registered_contact(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    address, chair = chair_of(campaign, river_watch)

    assert chair.signs()[0] == 200

    eventually(lambda: river_watch.mails("River Watch signs"))
    assert eventually(lambda: mails_with(campaign, address, "River Watch signs"))


def test_who_signed_by_a_passed_on_link_is_asked_again_when_the_letter_says_something_else(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    address, chair = chair_of(campaign, river_watch)
    assert chair.signs()[0] == 200

    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    campaign.types("amend", "--letter", "--meaning", "--yes")

    eventually(lambda: mails_with(campaign, river_watch.email, "rivers and lakes"))
    assert eventually(lambda: mails_with(campaign, address, "rivers and lakes"))


def test_who_signed_by_a_passed_on_link_gets_a_copy_of_the_letter(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    address, chair = chair_of(campaign, river_watch)
    assert chair.signs()[0] == 200

    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    eventually(lambda: [mail for mail in river_watch.mails() if list(mail.iter_attachments())])
    assert eventually(lambda: [mail for mail in campaign.stage.mails(address) if list(mail.iter_attachments())])


def mails_with(campaign: Story, address: str, said: str) -> list[EmailMessage]:
    return [mail for mail in campaign.stage.mails(address) if said in words(mail)]
