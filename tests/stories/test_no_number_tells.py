"""Some organizations sign without their name: no number tells who they are, and each number means the same."""

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.holder import Holder, words
from tests.stage import Organization, Stage, Story, eventually

pytestmark = pytest.mark.parametrize("processes", ["embedded"], indirect=True)


@dataclass(frozen=True)
class Sent:
    """A letter that was sent, with one partner named for everyone, one for the addressee only, one nowhere."""

    campaign: Story
    form: str  # what the first partner saw before

    @property
    def letter(self) -> str:
        return words(self.campaign.letter())

    @property
    def copy(self) -> str:
        """The text that is attached to the first partner's copy."""
        river_watch = self.campaign.partners[0]
        mail = eventually(lambda: [mail for mail in river_watch.mails() if list(mail.iter_attachments())])[0]
        parts = mail.iter_attachments()
        (text,) = [str(part.get_content()) for part in parts if part.get_content_type() == "text/plain"]
        return text.replace("\r\n", "\n")


@pytest.fixture(scope="module")
def sent(processes: Stage, worker_number: int) -> Sent:
    processes.set_clock(None)
    campaign = Story(processes, f"mixed-{worker_number}")
    river_watch = campaign.joined_by("River Watch", "RW", "Canada")
    campaign.joined_by("Clean Coast", "CC", "France")
    campaign.joined_by("Les Amis du Fleuve", "ADF", "France", language="fr")
    launches_mixed(campaign)
    form = text_of_page(Holder(river_watch.invitation()).page())
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    campaign.is_dispatched()
    return Sent(campaign, form)


def launches_mixed(campaign: Story) -> None:
    campaign.launches(more='public_page = "after dispatch"\n')
    for partner, visibility in zip(campaign.partners, ("public", "addressee", "counted"), strict=True):
        assert Holder(partner.invitation()).signs(visibility)[0] == 200


def text_of_page(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def letter_on_the_page(campaign: Story) -> str:
    """What the public page says of the letter, without what leads to other letters."""
    status, page = campaign.public_page()
    assert status == 200
    said = re.sub(r"<nav.*?</nav>", "", page.partition("<main>")[2], flags=re.DOTALL)
    return text_of_page(said.replace(campaign.slug, "this-campaign"))


def rapporteur(campaign: Story) -> str:
    return f"rapporteur@{campaign.slug}.example"


def being_handed_over(campaigns: list[Story]) -> Iterator[Story]:
    """Each in the moment in which its letter is on the line, whichever comes first."""
    left = {rapporteur(campaign): campaign for campaign in campaigns}
    while left:
        yield left.pop(eventually(lambda: next((to for to in campaigns[0].stage.catcher.waiting if to in left), "")))


def test_who_steps_back_while_the_letter_leaves_looks_alike_whether_it_still_signs(
    campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    twin = Story(campaign.stage, f"{campaign.slug}-twin")
    for partner in campaign.partners:
        twin.joined_by(partner.organization, partner.acronym, partner.country, partner.language)
    does = {campaign.slug: {"choice": "sign", "visibility": "counted"}, twin.slug: {"choice": "withdraw"}}
    both, relay = [campaign, twin], campaign.stage.catcher
    for story in both:
        launches_mixed(story)
    twin.reaches_its_deadline()
    eventually(lambda: campaign.status()["seal"])
    relay.slow |= {rapporteur(story) for story in both}
    twin.passes_its_review()

    for story in being_handed_over(both):
        assert story.partners[0].posts(**does[story.slug])[0] == 200
        relay.slow.remove(rapporteur(story))
        story.is_dispatched()
        assert "River Watch" in words(story.letter())

    pages = [letter_on_the_page(story) for story in both]
    assert "River Watch" not in "".join(pages)
    assert pages[0] == pages[1], "whoever holds the letter must not learn who still signs in secret"


def test_the_public_page_says_under_how_many_it_was_sent_and_never_how_many_are_withheld(sent: Sent) -> None:
    page = letter_on_the_page(sent.campaign)

    assert sent.campaign.partners[0].row in page
    assert "sent in the name of 3 organizations" in page
    assert "withheld" not in page


def test_one_letter_has_one_number_whoever_reads_it(sent: Sent) -> None:
    texts = [sent.letter, sent.copy, letter_on_the_page(sent.campaign)]

    numbers = [re.findall(r"We, the (\S+) undersigned", text) for text in texts]

    assert all(numbers)
    assert numbers == [["3"]] * 3


def test_the_list_says_how_many_are_not_named_in_this_copy(sent: Sent) -> None:
    assert "Clean Coast" in sent.letter
    assert "Clean Coast" not in sent.copy

    assert re.search(r"\b1 further organization\b[^.]*\sin this copy", sent.letter)
    assert re.search(r"\b2 further organizations\b[^.]*\sin this copy", sent.copy)


def test_the_form_shows_the_line_in_which_an_unnamed_organization_will_stand(sent: Sent) -> None:
    (printed,) = [line for line in sent.copy.split("\n\n") if "2 further organizations" in line]

    assert "counted" in sent.form
    line = " ".join(printed.split()).replace("2 further organizations", "N further organizations")
    assert line in sent.form, "with N, and never with the present number"


@pytest.mark.parametrize("where", ["check", "the form"])
def test_it_is_said_that_one_who_is_withheld_among_few_could_be_guessed(
    where: str, campaign: Story, river_watch: Organization, clean_coast: Organization, amis_du_fleuve: Organization
) -> None:
    if where == "check":
        campaign.writes_its_folder()
        said = campaign.stage.types("check", str(campaign.folder))
        assert "No problems." in said
    else:
        campaign.launches()
        said = Holder(river_watch.invitation()).page()
        assert 'value="counted"' in said

    assert "guess" in said.lower()
