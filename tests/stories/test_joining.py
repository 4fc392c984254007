"""An organization that nobody asked wants to sign, and another person of a partner does."""

import re

from tests.stage import Organization, Story, eventually, post, signatories
from worker.cli.demo import partner as player

OPEN = 'public_page = "from launch"\njoin = "approved"\n'


def test_an_organization_joins_after_its_mailbox_and_the_organizers_have_said_yes(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches(more=OPEN)
    river_watch.signs()
    address = f"office@lakes.{campaign.slug}.example"
    form = {"organization": "Lake Friends", "country": "Chad", "contact": "Kim Ferryman", "email": address}
    base = f"http://127.0.0.1:{campaign.stage.web_ports[0]}"
    status, page = post(f"{base}/c/{campaign.slug}/join", form)
    assert (status, "Check your email" in page) == (200, True)
    asked = eventually(lambda: campaign.stage.mails(address))[0]
    link = re.search(r"http://\S+/j/[\w=-]+", player.text_of(asked))
    assert link

    assert "Nobody of the name" in campaign.types("admit", "Lake Friends", "--yes", code=1)
    post(link[0], {"mail_code": player.code_in(asked)})
    eventually(lambda: campaign.organizers_mails("asks to sign"))
    assert "Lake Friends, Chad; confirmed by email" in campaign.types("status")
    assert f"Lake Friends, Chad: Kim Ferryman <{address}>" in campaign.types("admit", "lake friends", "--dry-run")
    campaign.types("admit", "lake friends", "--yes")
    lakes = Organization(campaign.stage, campaign, "Lake Friends", "", "Chad")
    invitation = eventually(lambda: campaign.stage.mails(address)[1:])[0]
    player.signs(invitation, visibility="public", representative="Kim", role="Chair")

    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    assert signatories(campaign.letter()) == ["Lake Friends, Chad", river_watch.row]
    assert lakes.organization not in player.text_of(campaign.organizers_mails("asks to sign")[0])


def test_another_person_signs_and_the_first_hears_of_everything(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    chair = f"chair@rw.{campaign.slug}.example"
    form = {"email": chair, "language": "fr", "mail_code": river_watch.code()}
    status, _ = post(f"{river_watch.link()}/pass-on", form)
    assert status == 200
    passed = eventually(lambda: campaign.stage.mails(chair))[0]
    eventually(lambda: river_watch.mails("passed on within your organization"))
    assert player.link_in(passed) != river_watch.link()
    assert player.code_in(passed) != river_watch.code()

    player.signs(passed, visibility="public", representative="The chair", role="Chair")

    eventually(lambda: river_watch.mails("River Watch signs the joint letter"))
    receipt = eventually(lambda: campaign.stage.mails(chair)[1:])[0]
    assert "River Watch signe la lettre commune" in player.text_of(receipt)
    assert len(campaign.stage.mails(chair)) == 2, "the invitation and the receipt, and no other"
    assert "passed on" in campaign.types("status")
