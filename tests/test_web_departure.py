"""What a partner is told when it steps back and a letter has reached an addressee already, or may have."""

import html
import re

import pytest
from starlette.testclient import TestClient

from tests import cast
from tests.mails import put, says
from tests.two_addressees import a_campaign_with_two_addressees, a_letter_goes
from worker import db, tokens
from worker.acts import answer
from worker.acts.answer import Statement
from worker.mail import outbox
from worker.models import Campaign, Mail, Partner, Visibility
from worker.text.khmer import keep_words
from worker.text.languages import LANGUAGES
from worker.wording import templates

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)

NAMES = {
    "en": "A letter that names you has reached, or may have reached, ",
    "fr": "Une lettre qui vous nomme est parvenue, ou a pu parvenir, à ",
    "km": "លិខិតដែលបង្ហាញឈ្មោះអង្គការរបស់លោកអ្នក បានទៅដល់ ឬប្រហែលជាបានទៅដល់ ",
}
COUNTS = "A letter that counts you, without your name, has reached, or may have reached, Minister Ada Weir."
UNTRUE = [
    "It is neither named nor counted.",
    "appears in no copy of the letter",
    "read",
    "Everywhere else it is counted",
]


def happens(visibility: Visibility, states: list[str]) -> tuple[Partner, str]:
    """River Watch signs, the list closes, and each addressee's letter comes as far as its state says."""
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        river_watch = campaign.partners[0]
        cast.signs(session, river_watch, visibility)
        cast.passes_its_deadline(session, campaign)
        cast.is_sealed(session, campaign)
        for to, state in enumerate(states):
            a_letter_goes(session, campaign, to, state)
        return river_watch, f"/s/{tokens.token(river_watch)}"


def read(browser: TestClient, link: str, language: str = "en") -> str:
    page = browser.get(link, params={"lang": language})
    assert page.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body>")[2])).split()).replace(" ;", ";")


def says_that_it_withdraws(browser: TestClient, partner: Partner, link: str, **other: str) -> None:
    form = {"choice": "withdraw", "mail_code": tokens.mail_code(partner)} | other
    assert browser.post(link, data=form).status_code == 303


@pytest.mark.parametrize(
    ("states", "heading"),
    [
        (["sent", "due"], "One addressee has the letter, another does not have it yet"),
        (["uncertain", "due"], "The letter may have arrived"),
        (["in data", "due"], "The letter is on its way"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_withdrawal_after_a_partial_departure_is_told_the_truth(
    states: list[str], heading: str, language: str, browser: TestClient
) -> None:
    partner, link = happens("public", states)
    before = read(browser, link)
    assert heading in before
    assert "is reading it once more" not in before
    assert "are reading it once more" not in before
    assert "at the earliest" not in before
    assert "Copies that have reached, or may have reached, Minister Ada Weir cannot be recalled." in before
    assert "In copies that have not been sent yet, your organization will be neither named nor counted." in before
    assert NAMES["en"] not in before, "nothing is withdrawn yet"

    says_that_it_withdraws(browser, partner, link)

    after = read(browser, link, language)
    assert f"{keep_words(NAMES[language])}Minister Ada Weir" in after
    words = templates.page_words(language).gettext
    assert words("Copies that have not been sent yet no longer name you.") in after
    assert words("It is neither named nor counted.") not in after


@pytest.mark.parametrize("visibility", ["counted", "addressee"])
def test_less_visible_after_a_partial_departure_is_told_the_truth(visibility: str, browser: TestClient) -> None:
    partner, link = happens("public", ["due", "sent"])
    says_that_it_withdraws(browser, partner, link, choice="sign", visibility=visibility)
    page = read(browser, link)
    assert "appears in no copy of the letter" not in page
    assert "Everywhere else it is counted" not in page
    assert f"{NAMES['en']}Governor Bo Lund." in page
    assert "may have reached, Minister" not in page.split("Copies")[0]


def test_who_was_named_for_the_addressee_only_is_named_in_no_other_copy(browser: TestClient) -> None:
    partner, link = happens("addressee", ["sent", "sent"])
    with db.transaction() as session:  # as a withdrawal that came between the two
        letter = session.query(Mail).filter(Mail.addressee.has(copy=True)).one()
        letter.sent_at = letter.in_data_at = None
        answer.withdraw(session, partner.id, Statement())
    page = read(browser, link)
    assert f"{NAMES['en']}Minister Ada Weir." in page
    assert "Bo Lund. It cannot be recalled" not in page


def test_who_was_counted_is_told_that_it_was_counted(browser: TestClient) -> None:
    partner, link = happens("counted", ["uncertain", "due"])
    says_that_it_withdraws(browser, partner, link)
    page = read(browser, link)
    assert COUNTS in page
    assert "no longer count you" in page
    assert NAMES["en"] not in page


def test_it_is_still_told_once_everybody_has_the_letter(browser: TestClient) -> None:
    partner, link = happens("public", ["sent", "due"])
    says_that_it_withdraws(browser, partner, link)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partner.campaign_id)
        session.query(Mail).filter_by(kind="letter", sent_at=None).delete()
        a_letter_goes(session, campaign, 1, "sent")
    page = read(browser, link)
    assert "The letter was sent on" in page
    assert f"{NAMES['en']}Minister Ada Weir." in page
    assert "We will inform the organizers, so that they can tell the addressee." in page


def test_a_withdrawal_before_anything_left_is_simply_true(browser: TestClient) -> None:
    partner, link = happens("public", ["due", "due"])
    says_that_it_withdraws(browser, partner, link)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partner.campaign_id)
        for to in (0, 1):
            row = outbox.to_addressee(campaign, campaign.letter.addressees[to], 2, 1, db.clock(session))
            outbox.put(session, [row])
        session.query(Mail).filter_by(seal_number=2).update({"due_at": None, "sent_at": db.clock(session)})
        campaign.dispatched_at = db.clock(session)
    page = read(browser, link)
    assert "It is neither named nor counted." in page
    assert "may have reached" not in page


HOLDS = {
    "en": "This applies only to copies that have not been sent yet.",
    "fr": "Cela ne vaut que pour les exemplaires qui n’ont pas encore été envoyés.",
    "km": "ចម្លើយនេះមានប្រសិទ្ធភាពតែចំពោះច្បាប់លិខិតដែលមិនទាន់ផ្ញើចេញប៉ុណ្ណោះ។",
}
DEPARTED = {
    "withdraw": {
        "en": "The letter has been sent to Minister Ada Weir (",
        "fr": "La lettre a été envoyée à Minister Ada Weir (",
        "km": "លិខិតដែលបង្ហាញឈ្មោះអង្គការរបស់លោកអ្នក បានផ្ញើចេញហើយ ជូន Minister Ada Weir (",
    },
    "counted": HOLDS,
    "addressee": HOLDS,
}
SIMPLY = {
    "withdraw": {
        "en": "Your organization is neither named nor counted.",
        "fr": "Votre organisation n’est ni nommée ni comptée.",
        "km": "ឈ្មោះអង្គការមិនត្រូវបានបង្ហាញ ហើយអង្គការក៏មិនត្រូវបានរាប់បញ្ចូលដែរ។",
    },
    "counted": {
        "en": "Its name appears in no copy.",
        "fr": "Son nom n’apparaît dans aucun exemplaire.",
        "km": "ឈ្មោះអង្គការមិនបង្ហាញក្នុងច្បាប់លិខិតណាមួយឡើយ",
    },
    "addressee": {
        "en": "In all other copies it is counted",
        "fr": "Dans tous les autres exemplaires, elle est comptée",
        "km": "ក្នុងច្បាប់លិខិតផ្សេងទាំងអស់ អង្គការត្រូវបានរាប់បញ្ចូល",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("choice", DEPARTED)
@pytest.mark.parametrize("departed", [True, False])
def test_a_receipt_tells_the_truth_about_what_has_left(
    departed: bool, choice: str, language: str, browser: TestClient
) -> None:
    # The first addressee may go on naming whoever chose to be named for it alone; the copy of the second may not.
    second = "sent" if departed and choice == "addressee" else "due"
    partner, link = happens("public", ["sent" if departed else "due", second])
    other = {} if choice == "withdraw" else {"choice": "sign", "visibility": choice}
    says_that_it_withdraws(browser, partner, link, **other)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partner.campaign_id)
        message = put(session, "receipt", campaign, campaign.partners[0], language)
    said, unsaid = (DEPARTED, SIMPLY) if departed else (SIMPLY, DEPARTED)
    says(message, said[choice][language])
    for text in (message.text, message.html):
        assert unsaid[choice][language] not in " ".join(text.split())
        assert "River" not in text
        assert "Sophea" not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_for_what_was_said_before_the_deadline_is_not_frightening(language: str, browser: TestClient) -> None:
    with db.transaction() as session:
        campaign = a_campaign_with_two_addressees(session)
        cast.signs(session, campaign.partners[0])
        answer.withdraw(session, campaign.partners[0].id, Statement())
        cast.passes_its_deadline(session, campaign)
        a_letter_goes(session, campaign, 0, "sent")
        message = put(session, "receipt", campaign, campaign.partners[0], language)
    says(message, SIMPLY["withdraw"][language])


def test_a_signature_that_is_disowned_after_a_partial_departure_is_told_the_truth(browser: TestClient) -> None:
    partner, link = happens("public", ["sent", "due"])
    before = read(browser, f"{link}/not-us")
    assert "Copies that have reached, or may have reached, Minister Ada Weir cannot be recalled." in before
    assert "In copies that have not been sent yet, your organization will be neither named nor counted." in before
    assert "The answer will be cancelled" not in before

    done = browser.post(f"{link}/not-us", data={"mail_code": tokens.mail_code(partner)})

    after = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", done.text)).split())
    assert f"{NAMES['en']}Minister Ada Weir" in after
    assert "Copies that have not been sent yet no longer name you." in after


@pytest.mark.parametrize(
    ("visibility", "states", "said"),
    [
        (
            "public",
            ["sent", "sent"],
            "The letter has been sent to Minister Ada Weir (",
        ),
        (
            "public",
            ["uncertain", "due"],
            "A letter that names you has reached, or may have reached, Minister Ada Weir.",
        ),
        ("addressee", ["sent", "sent"], "The letter has been sent, with your name. It cannot be recalled."),
        ("addressee", ["uncertain", "due"], "has reached, or may have reached, an addressee."),
        ("counted", ["sent", "due"], "The letter has been sent, and counts you, without your name. It cannot be"),
    ],
)
def test_a_receipt_says_what_has_left_and_names_nobody_to_whom_a_name_was_told_in_confidence(
    visibility: Visibility, states: list[str], said: str, browser: TestClient
) -> None:
    partner, link = happens(visibility, states)
    says_that_it_withdraws(browser, partner, link)
    with db.transaction() as session:
        campaign = session.get_one(Campaign, partner.campaign_id)
        message = put(session, "receipt", campaign, campaign.partners[0], "en")
    text = " ".join(message.text.split())
    assert said in text
    assert ("Copies that have not been sent yet will not name or count you." in text) == ("due" in states)
    assert ("Weir" in text) == (visibility == "public")
    assert ("Your page shows whom it has reached." in text) == (visibility != "public")
    assert ("We have told the organizers" in text) == (states == ["sent", "sent"])
