"""Forms without what the page puts into them, links that something has bent, addresses that nobody would type."""

import http.client
from urllib.parse import urlsplit

import pytest

from tests.holder import Holder, opens
from tests.servers import TIMEOUT_S
from tests.stage import Organization, Stage, Story

embedded = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


@embedded
def test_a_form_that_does_not_say_what_was_read_signs_nothing_after_the_letter_was_changed(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    reader = Holder(river_watch.invitation())
    campaign.rewrites_its_letter("clean rivers.", "clean rivers and lakes.")
    campaign.types("amend", "--letter", "--meaning", "--yes")
    form = {"choice": "sign", "visibility": "public", "representative": "Ada", "role": "Chair", "authorised": "yes"}

    status, page = reader.posts(**form)

    assert "clean rivers and lakes" in " ".join(page.replace("<ins>", "").replace("</ins>", "").split())
    assert status in {409, 422}
    assert campaign.status()["counts"]["signed"] == 0


@embedded
@pytest.mark.parametrize("bent", ["=", "%3D", "%3D%3D"])
def test_another_spelling_of_a_link_leads_to_the_one(bent: str, campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    link = river_watch.link()
    assert opens(link)[0] == 200

    status, location = asks(f"{link}{bent}")

    assert status != 404, "it is understood"
    assert status in {301, 302, 303, 307, 308}
    assert location in {link, urlsplit(link).path}


@pytest.mark.parametrize("processes", ["embedded", "production"], indirect=True)
@pytest.mark.parametrize("path", ["/c/%00", "/c/%00/join", "/c/rivers%00"])
def test_an_address_that_is_none_is_answered_as_any_other_that_leads_nowhere(path: str, stage: Stage) -> None:
    base = f"http://127.0.0.1:{stage.web_ports[0]}"
    nowhere = asks(f"{base}/c/nobody-wrote-this")[0]
    assert nowhere == 404

    assert asks(f"{base}{path}")[0] == nowhere


def asks(url: str) -> tuple[int, str | None]:
    """Ask once and follow nothing: the status, and where it would lead."""
    parts = urlsplit(url)
    line = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
    line.request("GET", parts.path)
    answer = line.getresponse()
    answer.read()
    line.close()
    return answer.status, answer.headers["Location"]
