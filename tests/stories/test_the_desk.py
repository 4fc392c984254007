"""An organizer without a terminal: let in by a colleague, by a code that comes by email, and out again."""

import re

from tests.organizers import DeskBrowser
from tests.stage import Organization, Stage, Story, eventually

MALY = "maly@rivers.example"


def test_an_organizer_logs_in_by_a_code_that_is_mailed_and_sees_its_campaign(
    stage: Stage, campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    name = f"Maly {campaign.slug}"
    address = f"{campaign.slug}@desk.example"
    stage.types("organizer", "add", name, address, "--owner-of", campaign.slug)
    maly = DeskBrowser(url=f"http://127.0.0.1:{stage.web_ports[0]}", over_the_network=True)
    assert maly.asks(address).status_code == 200
    mail = eventually(lambda: stage.mails(address))[0]
    body = mail.get_body(("plain",))
    assert body is not None
    found = re.search(r"Code:\s+(\d{4} \d{4})", body.get_content())
    assert found
    assert maly.post("/desk/code", {"code": found[1]}).headers["location"] == "/desk"
    page = maly.get("/desk").text
    assert f"You are {name}." in page
    assert page.count('<h3><a href="/desk/campaigns/') == 1
    stage.types("organizer", "remove", name)
    assert not maly.is_in()
