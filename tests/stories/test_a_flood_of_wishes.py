"""Made-up organizations ask to sign, by the dozen: an honest one still gets in, and the organizers know of it."""

import http.client
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from tests.servers import TIMEOUT_S
from tests.stage import Organization, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)

OPEN = 'public_page = "from launch"\njoin = "approved"\n'
A_FLOOD = 60


@pytest.fixture
def flooded(campaign: Story, river_watch: Organization) -> Story:
    """A letter that may be joined, after somebody has sent one wish after the other from one machine."""
    campaign.launches(more=OPEN)
    river_watch.invitation()
    return campaign


def test_an_honest_applicant_among_many_made_up_ones_gets_its_mail_within_the_hour(flooded: Story) -> None:
    assert set(flood(flooded)) == {200}
    lakes = f"office@lakes.{flooded.slug}.example"

    assert wishes(flooded, "Lake Friends", lakes, machine="127.0.0.2") == 200

    eventually(lambda: flooded.stage.mails(f"somebody@1.{flooded.slug}.example"))
    flooded.stage.set_clock(datetime.now(UTC) + timedelta(minutes=59))
    assert eventually(lambda: flooded.stage.mails(lakes))


def test_the_organizers_hear_of_a_flood_and_status_says_it(flooded: Story) -> None:
    before = without_numbers(flooded.types("status"))

    assert set(flood(flooded)) == {200}

    eventually(lambda: flooded.stage.mails(f"somebody@1.{flooded.slug}.example"))
    assert eventually(lambda: flooded.organizers_mails()), "the organizers get a mail"
    assert without_numbers(flooded.types("status")) != before, "status says more than before"


def flood(campaign: Story) -> Iterator[int]:
    for number in range(1, A_FLOOD + 1):
        yield wishes(campaign, f"Sham {number}", f"somebody@{number}.{campaign.slug}.example")


def wishes(campaign: Story, organization: str, email: str, *, machine: str = "127.0.0.1") -> int:
    """Ask to sign, as somebody at this machine does."""
    form = {"organization": organization, "country": "Chad", "contact": "Kim Ferryman", "email": email}
    line = http.client.HTTPConnection(
        "127.0.0.1", campaign.stage.web_ports[0], timeout=TIMEOUT_S, source_address=(machine, 0)
    )
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    line.request("POST", f"/c/{campaign.slug}/join", urlencode(form), kind)
    status = line.getresponse().status
    line.close()
    return status


def without_numbers(shown: str) -> str:
    return " ".join(re.sub(r"\d+", "", shown).split())
