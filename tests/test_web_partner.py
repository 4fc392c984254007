"""A partner's page: what it shows in each state, what it takes, and what it never does."""

import base64
import html
import re
import time
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from tests import cast
from worker import broker, db, settings, tokens
from worker.acts import answer, receipts, unsubscribe
from worker.acts.answer import Statement
from worker.models import Answer, Campaign, Mail, Partner, Visibility
from worker.state.answers import standing_answer
from worker.text.languages import LANGUAGES
from worker.web.app import make_app
from worker.wording import templates

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def campaign(database: str) -> Campaign:
    with db.transaction() as session:
        return cast.a_campaign(session)


@pytest.fixture
def river_watch(campaign: Campaign) -> Partner:
    return campaign.partners[0]


@pytest.fixture(autouse=True)
def notified(database: str, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What was notified, each with how many answers were committed at that moment."""
    heard: list[tuple[Any, ...]] = []

    def notify(task: str, *ids: int) -> None:
        with db.reading() as session:
            heard.append((task, *ids, len(cast.everything(session)["answer"])))

    monkeypatch.setattr(broker, "notify", notify)
    return heard


def url(partner: Partner) -> str:
    return f"/s/{tokens.token(partner)}"


def words(page: httpx2.Response) -> str:
    """What a person reads of a page, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text.partition("<body>")[2])).split())


def a_signature(partner: Partner, **other: str) -> dict[str, str]:
    signature = {"choice": "sign", "visibility": "public", "representative": "Sophea Chan", "role": "Secretary"}
    return signature | {"authorised": "yes", "mail_code": tokens.mail_code(partner)} | other


def standing(partner: Partner) -> Answer | None:
    with db.reading() as session:
        return standing_answer(session, partner.id)


def answers() -> int:
    with db.reading() as session:
        return len(cast.everything(session)["answer"])


# Each state: what happens before, and what its page says in English; "form" when an answer is taken.
STATES: dict[str, tuple[list[Any], list[str]]] = {
    "asked": ([], ["Will River Watch sign this letter?", "River Watch (RW), USA", "We do not sign", "form"]),
    "signed publicly": (["public"], ["River Watch signs", "Recorded on", "We, the … under", "form"]),
    "signed for the addressee": (
        ["addressee"],
        [
            "named for the addressee only",
            "the copy for Minister Ada Weir",
            "it does not appear publicly.",
            "form",
        ],
    ),
    "signed, counted": (
        ["counted"],
        ["counted and not named", "appears in no copy", "We withdraw our signature", "form"],
    ),
    "declined": (["decline"], ["River Watch does not sign", "Only the organizers will know", "form"]),
    "withdrawn": (["public", "withdraw"], ["has withdrawn its signature", "We sign this letter", "form"]),
    "late, silent": (["late"], ["The deadline has passed", "No answer from River Watch was recorded"]),
    "late, signed": (
        ["public", "late"],
        ["River Watch signs", "The deadline has passed", "reduce your visibility", "form"],
    ),
    "in review, silent": (["closed"], ["the letter is sealed", "No answer from River Watch was recorded"]),
    "in review, signed": (
        ["public", "closed"],
        [
            "the letter is sealed",
            "We keep our signature, but show our name to fewer people",
            "You cannot undo this later",
            "form",
        ],
    ),
    "in review, counted": (["counted", "closed"], ["We withdraw our signature", "form"]),
    "wishes a change": (
        ["change"],
        ["River Watch would sign if the text were changed", "The organizers will read", "form"],
    ),
    "on its way": (
        ["public", "left"],
        [
            "The letter is on its way",
            "cannot be recalled",
            "people@rivers.example",
            "the organizers will inform",
            "form",
        ],
    ),
    "dispatched, signed": (
        ["public", "dispatched"],
        [
            *("The letter was sent on", "It cannot be recalled.", "River Watch (RW), USA"),
            *("We, the … under", "we will inform the organizers", "form"),
        ],
    ),
    "dispatched, withheld": (
        ["addressee", "dispatched"],
        ["The letter was sent on", "named for the addressee only", "were sent as they were sealed", "form"],
    ),
    "dispatched, silent": (["dispatched"], ["The letter was sent on", "No answer from River Watch was recorded"]),
    "cancelled": (["public", "cancelled"], ["This letter was cancelled"]),
}


def happens(campaign: Campaign, events: list[str]) -> None:
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign.id)
        partner = campaign.partners[0]
        for event in events:
            match event:
                case "public" | "addressee" | "counted":
                    cast.signs(session, partner, event)
                case "decline" | "withdraw":
                    getattr(answer, event)(session, partner.id, cast.SOPHEA)
                case "change":
                    cast.asks_for_a_change(session, partner.id, cast.SOPHEA)
                case "late" | "closed":
                    cast.passes_its_deadline(session, campaign, closed=event == "closed")
                case "left" | "dispatched":
                    cast.the_letter_leaves(session, campaign, accepted=event == "dispatched")
                case _:
                    campaign.cancelled_at = db.clock(session)


@pytest.mark.parametrize("state", STATES)
def test_the_page_says_where_things_stand(
    state: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    events, expected = STATES[state]
    happens(campaign, events)

    page = browser.get(url(river_watch))

    assert page.status_code == 200
    assert "<title>Joint letter</title>" in page.text
    said = words(page)
    for fragment in expected:
        assert fragment == "form" or fragment in said
    if "form" in expected:
        assert '<form method="post"' in page.text
        assert "checked" not in page.text, "nothing is chosen beforehand"
    else:
        assert "<form" not in page.text
    assert ("The dam must wait" in said) is (state != "cancelled"), "of a letter that was given up nothing is shown"
    assert "people@rivers.example" in said


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_reads_in_every_language(
    state: str, language: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    happens(campaign, STATES[state][0])
    page = browser.get(url(river_watch), params={"lang": language})
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    kept = {one: templates.page_words(one).gettext("Who runs this, and what we keep") for one in LANGUAGES}
    assert [one for one, words in kept.items() if words in page.text] == [language]


def test_the_page_speaks_the_partners_language_until_it_is_told_otherwise(
    browser: TestClient, campaign: Campaign
) -> None:
    eau_vive = campaign.partners[1]
    assert "Le barrage doit attendre" in browser.get(url(eau_vive)).text
    assert "The dam must wait" in browser.get(url(eau_vive) + "?lang=en").text
    assert "Le barrage doit attendre" in browser.get(url(eau_vive) + "?lang=tlh").text


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
def test_looking_changes_nothing(
    state: str, method: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    happens(campaign, STATES[state][0])
    with db.reading() as session:
        before = cast.everything(session)
    for query in ("", "?choice=sign&visibility=public&mail_code=" + tokens.mail_code(river_watch)):
        browser.request(method, url(river_watch) + query)
    with db.reading() as session:
        assert cast.everything(session) == before


def test_the_page_asks_nothing_of_others_and_needs_no_script(browser: TestClient, river_watch: Partner) -> None:
    page = browser.get(url(river_watch))
    assert "<script" not in page.text
    assert not re.search(r"(src|href|action)=\"(?!/|#|mailto:)", page.text)
    assert "og:" not in page.text
    assert "set-cookie" not in page.headers
    assert len(page.content) < 40_000


def test_a_partner_signs_and_comes_back_to_its_answer(
    browser: TestClient, campaign: Campaign, river_watch: Partner, notified: list[tuple[Any, ...]]
) -> None:
    sent = browser.post(url(river_watch), data=a_signature(river_watch, representative="  Sophea\u00a0 Chan "))

    assert (sent.status_code, sent.headers["location"]) == (303, url(river_watch))
    assert notified == [("record", campaign.id, 1)], "notified once, after the commit"
    recorded = standing(river_watch)
    assert recorded
    assert (recorded.choice, recorded.visibility, recorded.channel) == ("sign", "public", "link")
    assert (recorded.representative, recorded.role) == ("Sophea Chan", "Secretary")
    page = browser.get(sent.headers["location"])
    assert "River Watch signs" in words(page)
    assert "Sophea" not in page.text, "the link alone does not tell who answered"


def test_the_same_form_twice_is_one_answer(browser: TestClient, river_watch: Partner) -> None:
    for _ in range(3):
        assert browser.post(url(river_watch), data=a_signature(river_watch)).status_code == 303
    assert answers() == 1


def test_a_partner_changes_its_mind(browser: TestClient, river_watch: Partner) -> None:
    code = {"mail_code": tokens.mail_code(river_watch)}
    browser.post(url(river_watch), data=a_signature(river_watch))
    browser.post(url(river_watch), data=code | {"choice": "withdraw", "reason": "we were\r\nasked to"})
    withdrawn = standing(river_watch)
    assert withdrawn
    assert (withdrawn.choice, withdrawn.reason) == ("withdraw", "we were\nasked to")
    browser.post(url(river_watch), data=code | {"choice": "decline"})
    browser.post(url(river_watch), data=a_signature(river_watch, visibility="counted"))
    signed = standing(river_watch)
    assert signed
    assert (signed.choice, signed.visibility, answers()) == ("sign", "counted", 4)


def test_the_language_read_is_kept_through_the_form(browser: TestClient, river_watch: Partner) -> None:
    page = browser.get(url(river_watch) + "?lang=fr")
    assert '<input type="hidden" name="lang" value="fr">' in page.text
    wrong = browser.post(url(river_watch), data={"lang": "fr"})
    assert "Veuillez choisir votre réponse." in wrong.text
    sent = browser.post(url(river_watch), data=a_signature(river_watch, lang="fr"))
    assert sent.headers["location"] == url(river_watch) + "?lang=fr"
    recorded = standing(river_watch)
    assert recorded
    assert recorded.language == "fr"


def test_all_that_is_missing_is_said_at_once_and_nothing_typed_is_lost(
    browser: TestClient, river_watch: Partner, notified: list[tuple[Any, ...]]
) -> None:
    typed = {"choice": "sign", "representative": "", "role": 'Head "of" <b>', "reason": "</textarea><b>no</b>"}
    page = browser.post(url(river_watch), data=typed)

    assert page.status_code == 422
    for field in ("visibility", "representative", "authorised", "mail_code"):
        assert f'id="{field}-problem"' in page.text
        assert f'href="#{field}"' in page.text
    assert 'id="role-problem"' not in page.text
    assert 'value="Head &#34;of&#34; &lt;b&gt;"' in page.text
    assert "&lt;/textarea&gt;&lt;b&gt;no&lt;/b&gt;</textarea>" in page.text
    assert 'value="sign" checked' in page.text
    assert (answers(), notified) == (0, [])


def test_who_chooses_nothing_is_asked_for_a_choice_and_the_code(browser: TestClient, river_watch: Partner) -> None:
    page = browser.post(url(river_watch), data={"choice": "maybe"})
    assert page.status_code == 422
    assert page.text.count('class="error"') == 2


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("representative", "x" * 201),
        ("role", "Chair\u202egnitsirhC"),
        ("representative", "two\nlines"),
        ("representative", "\u200b"),
        ("visibility", "loudly"),
        ("reason", "x" * 2001),
        ("reason", "\u2066"),
    ],
)
def test_what_cannot_stand_is_refused_next_to_its_field(
    field: str, typed: str, browser: TestClient, river_watch: Partner
) -> None:
    page = browser.post(url(river_watch), data=a_signature(river_watch, **{field: typed}))
    assert page.status_code == 422
    assert f'id="{field}-problem"' in page.text
    assert page.text.count('class="error"') == 1
    assert answers() == 0


@pytest.mark.parametrize(
    "typed",
    [
        "فاطمه ده\u200cنمکی",
        "ශ්\u200dරියානි පෙරේරා",
        "র\u200d\u09cdযাফেল ইসলাম",
        "അവന്\u200d നായര്\u200d",
        "សុខ\u200b ដារ៉ា\u200b",
        "Mary Ann inter\u00adnational\u00ad",
    ],
)
@pytest.mark.parametrize(("choice", "field"), [("sign", "representative"), ("decline", "reason"), ("change", "wish")])
def test_people_answer_with_their_names_and_words_in_any_script(
    choice: str, field: str, typed: str, browser: TestClient, river_watch: Partner
) -> None:
    page = browser.post(url(river_watch), data=a_signature(river_watch, **{"choice": choice, field: typed}))

    assert page.status_code in (200, 303), page.text
    answer = standing(river_watch)
    assert answer is not None
    kept = [value for value in vars(answer).values() if isinstance(value, str)]
    assert typed.replace("\u200b", "") in [one.replace("\u200b", "") for one in kept], kept


@pytest.mark.usefixtures("full_second")
def test_a_wrong_mail_code_takes_a_second_and_records_nothing(browser: TestClient, river_watch: Partner) -> None:
    wrong = f"{(int(tokens.mail_code(river_watch)) + 1) % 1_000_000:06d}"
    began = time.monotonic()
    page = browser.post(url(river_watch), data=a_signature(river_watch, mail_code=wrong))
    assert time.monotonic() - began >= 1
    assert page.status_code == 422
    assert "That code is not right" in page.text
    assert answers() == 0


@pytest.mark.usefixtures("full_second")
def test_a_wrong_mail_code_takes_a_second_beside_other_mistakes_too(browser: TestClient, river_watch: Partner) -> None:
    began = time.monotonic()
    browser.post(url(river_watch), data={"mail_code": "12345"})
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("zero", ["0", "០", "٠", "۰", "０"])
def test_digits_of_any_script_are_taken(zero: str, browser: TestClient, river_watch: Partner) -> None:
    digits = [chr(ord(zero) + int(digit)) for digit in tokens.mail_code(river_watch)]
    typed = " " + "".join(digits[:3]) + " " + "".join(digits[3:])
    assert browser.post(url(river_watch), data=a_signature(river_watch, mail_code=typed)).status_code == 303


def test_unknown_revoked_and_foreign_links_are_one_and_the_same_page(
    browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    revoked = url(river_watch)
    foreign = "/s/" + base64.urlsafe_b64encode(bytes(27)).decode()
    longer = revoked + "AAAA"
    with db.transaction() as session:
        session.get_one(Partner, river_watch.id).generation += 1
        session.delete(session.get_one(Partner, campaign.partners[1].id))
    gone = url(campaign.partners[1])
    pages = [
        (page.status_code, page.content, {n: v for n, v in page.headers.items() if n != "date"})
        for link in (revoked, foreign, longer, gone, "/s/x", "/s/%00", "/s/é", "/elsewhere", "/")
        for page in (browser.get(link), browser.get(link + "?lang=fr"))
    ]
    assert all(page == pages[0] for page in pages)
    assert pages[0][0] == 404
    assert browser.post(revoked, data=a_signature(river_watch)).content == pages[0][1]
    assert answers() == 0


def test_the_new_link_works_once_the_old_one_is_dead(browser: TestClient, river_watch: Partner) -> None:
    with db.transaction() as session:
        renewed = session.get_one(Partner, river_watch.id)
        renewed.generation += 1
    assert browser.get(url(renewed)).status_code == 200


REFUSALS: dict[str, tuple[list[str], dict[str, str], str]] = {
    "sign, late": (["late"], {}, "The deadline has passed: nothing more can be added."),
    "sign, closed": (["closed"], {}, "The deadline has passed: nothing more can be added."),
    "decline, closed": (["public", "closed"], {"choice": "decline"}, "The deadline has passed"),
    "more visible, closed": (["counted", "closed"], {"visibility": "addressee"}, "nothing more can be added"),
    "sign, left": (["left"], {}, "cannot be recalled"),
    "more visible, dispatched": (["counted", "dispatched"], {"visibility": "public"}, "cannot be recalled"),
    "ask, closed": (["closed"], {"choice": "change", "wish": "softer"}, "nothing more can be added"),
    "withdraw, never signed": ([], {"choice": "withdraw"}, "There is no signature of your organization to withdraw."),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_what_cannot_be_done_any_more_is_said_in_plain_words(
    case: str, browser: TestClient, campaign: Campaign, river_watch: Partner, notified: list[tuple[Any, ...]]
) -> None:
    events, form, sentence = REFUSALS[case]
    happens(campaign, events)
    before = answers()
    page = browser.post(url(river_watch), data=a_signature(river_watch, **form))
    assert page.status_code == 409
    assert "Nothing was changed." in page.text
    assert sentence in words(page)
    assert (answers(), notified) == (before, [])


def test_a_form_with_mistakes_after_the_deadline_hears_of_the_deadline(
    browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    happens(campaign, ["closed"])
    page = browser.post(url(river_watch), data={"choice": "sign"})
    assert page.status_code == 409
    assert "nothing more can be added" in page.text
    assert 'class="error"' not in page.text


def test_only_the_ways_to_sign_that_the_campaign_offers_are_shown_and_taken(database: str) -> None:
    with db.transaction() as session:
        quiet = cast.a_campaign(session, visibility=["public", "counted"]).partners[0]
    browser = TestClient(make_app(), follow_redirects=False)
    assert 'value="addressee"' not in browser.get(url(quiet)).text
    page = browser.post(url(quiet), data=a_signature(quiet, visibility="addressee"))
    assert page.status_code == 409
    assert "cannot be signed that way" in page.text


@pytest.mark.parametrize("before", ["public", "addressee"])
def test_in_review_exposure_can_still_be_reduced(
    before: Visibility, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    happens(campaign, [before, "closed"])
    page = browser.get(url(river_watch))
    assert f'value="{before}"' not in page.text
    sent = browser.post(url(river_watch), data=a_signature(river_watch, visibility="counted"))
    assert sent.status_code == 303
    recorded = standing(river_watch)
    assert recorded
    assert recorded.visibility == "counted"


def test_who_is_sent_nothing_at_all_exposes_itself_less_by_its_link_and_not_more(
    browser: TestClient, river_watch: Partner
) -> None:
    with db.transaction() as session:
        cast.signs(session, river_watch, "addressee")
        unsubscribe.silence_partner(session, river_watch.id)
    page = browser.get(url(river_watch))
    assert "We keep our signature, but show our name to fewer people" in words(page)
    assert re.findall(r'name="visibility" value="([^"]*)"', page.text) == ["counted"]
    for more in ("row", "pass-on"):
        assert browser.get(f"{url(river_watch)}/{more}").headers["location"] == url(river_watch)
    for visibility in ("public", "addressee"):
        assert browser.post(url(river_watch), data=a_signature(river_watch, visibility=visibility)).status_code == 409
    form = {"choice": "sign", "visibility": "counted", "mail_code": tokens.mail_code(river_watch)}
    assert browser.post(url(river_watch), data=form).status_code == 303
    signed = standing(river_watch)
    assert signed
    assert signed.visibility == "counted"


def test_nobody_sees_who_else_has_signed(browser: TestClient, campaign: Campaign) -> None:
    eau_vive = campaign.partners[1]
    with db.transaction() as session:
        cast.signs(session, eau_vive)
    river_watch = campaign.partners[0]
    for events in ([], ["closed"], ["dispatched"]):
        happens(campaign, events)
        assert "Eau Vive" not in browser.get(url(river_watch)).text


@pytest.mark.parametrize("visibility", ["addressee", "counted"])
def test_no_other_partner_ever_sees_a_withheld_name(
    visibility: Visibility, browser: TestClient, campaign: Campaign
) -> None:
    with db.transaction() as session:
        cast.signs(session, campaign.partners[1], visibility)
    for events in ([], ["closed"], ["dispatched"]):
        happens(campaign, events)
        assert "Eau Vive" not in browser.get(url(campaign.partners[0])).text


def test_after_it_has_left_the_page_shows_the_own_row_alone(browser: TestClient, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Alder Guard", "Zander Club"))
        for partner in campaign.partners:
            cast.signs(session, partner)
        river_watch = campaign.partners[0]
        cast.the_letter_leaves(session, campaign)
    page = browser.get(url(river_watch))
    assert re.findall(r"<li( class=\"own\")?><bdi>(.*?)</bdi>", page.text) == [
        (' class="own"', "River Watch (RW), USA")
    ]
    assert "We, the … under" in words(page)
    assert "were sent as they were sealed. This page does not show them. Your copy will come by email." in words(page)


def test_who_did_not_sign_is_promised_no_copy(browser: TestClient, campaign: Campaign, river_watch: Partner) -> None:
    happens(campaign, ["dispatched"])
    page = words(browser.get(url(river_watch)))
    assert "were sent as they were sealed" in page
    assert "Your copy" not in page


@pytest.mark.parametrize("state", STATES)
def test_the_link_alone_tells_nobody_who_answered(
    state: str, browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    happens(campaign, STATES[state][0])
    page = browser.get(url(river_watch)).text
    for secret in ("Sophea", "Secretary General", "too short a time", "Ms Lopez", "partner.example"):
        assert secret not in page


@pytest.mark.parametrize("choice", [{"visibility": "counted"}, {"choice": "withdraw"}])
def test_who_steps_back_after_the_deadline_is_not_asked_again_who_it_is(
    choice: dict[str, str], browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    happens(campaign, ["public", "closed"])
    page = browser.get(url(river_watch)).text
    for field in ("representative", "role", "authorised"):
        assert f'name="{field}"' not in page
    form = {"choice": "sign", "mail_code": tokens.mail_code(river_watch)} | choice
    assert browser.post(url(river_watch), data=form).status_code == 303
    recorded = standing(river_watch)
    assert recorded
    assert recorded.visibility == choice.get("visibility")
    if recorded.signs:
        assert (recorded.representative, recorded.role) == ("Sophea Chan", "Secretary General")


@pytest.mark.parametrize("typed", ["—", ". . .", "\u17b4", "\u17b5\u17b4", "a" + "\u0301" * 9])
@pytest.mark.parametrize("field", ["representative", "role"])
def test_a_name_that_nobody_can_read_is_none(field: str, typed: str, browser: TestClient, river_watch: Partner) -> None:
    page = browser.post(url(river_watch), data=a_signature(river_watch, **{field: typed}))
    assert page.status_code == 422
    assert f'id="{field}-problem"' in page.text
    assert answers() == 0


def test_a_dash_where_nothing_is_needed_says_nothing(browser: TestClient, river_watch: Partner) -> None:
    form = {"choice": "decline", "representative": "—", "role": "-", "mail_code": tokens.mail_code(river_watch)}
    assert browser.post(url(river_watch), data=form).status_code == 303
    recorded = standing(river_watch)
    assert recorded
    assert (recorded.representative, recorded.role) == ("", "")


def test_a_khmer_name_is_taken_as_it_is_written(browser: TestClient, river_watch: Partner) -> None:
    name = "ស្រីមុំ ព្រហ្មស៊ើ"
    assert browser.post(url(river_watch), data=a_signature(river_watch, representative=name)).status_code == 303
    recorded = standing(river_watch)
    assert recorded
    assert recorded.representative == name


@pytest.mark.parametrize("name", cast.NAMES_FROM_HELL)
def test_names_from_hell_stand_as_text(name: str, browser: TestClient, database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=(name,), sender={"name": name, "lines": [name]})
        partner = campaign.partners[2]
        cast.signs(session, partner, said=Statement(representative=name, role=name))
    page = browser.get(url(partner))
    assert page.text.count(html.escape(name).replace("&quot;", "&#34;").replace("&#x27;", "&#39;")) >= 5
    assert words(page).count(name) >= 4


def test_what_an_organizer_recorded_by_hand_is_called_so(
    browser: TestClient, campaign: Campaign, river_watch: Partner
) -> None:
    with db.transaction() as session:
        by_phone = Statement("The board", "Board", channel="by hand", note="rang us from a friend’s phone")
        cast.signs(session, river_watch, said=by_phone)
    page = browser.get(url(river_watch))
    assert "The organizers entered it for you." in page.text
    assert "friend" not in page.text


def test_an_unreachable_database_is_said_calmly(browser: TestClient, river_watch: Partner, tmp_path: Any) -> None:
    db.dispose()
    settings.set_for_this_process(database_url=f"sqlite:///{tmp_path}/no/such/folder.db")
    for page in (browser.get(url(river_watch)), browser.post(url(river_watch), data=a_signature(river_watch))):
        assert page.status_code == 503
        assert "Please try again in a minute" in page.text
        assert page.headers["retry-after"] == "30"


def test_what_was_typed_is_kept_where_the_database_is_away(
    browser: TestClient, river_watch: Partner, tmp_path: Any
) -> None:
    conf = settings.current()
    there = {"database_url": conf.database_url, "data_dir": conf.data_dir, "secret_key": conf.secret_key}
    typed = a_signature(river_watch) | {"representative": 'Ana "A" <Lee>', "reason": "one\ntwo"}
    db.dispose()
    settings.set_for_this_process(database_url=f"sqlite:///{tmp_path}/no/such/folder.db")
    page = browser.post(url(river_watch), data=typed)
    kept = dict(re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', page.text, re.DOTALL))
    kept = {name: html.unescape(value) for name, value in kept.items()}
    assert kept == typed
    assert 'form="form"' in page.text

    db.dispose()
    settings.set_for_this_process(**there)
    assert browser.post(url(river_watch), data=kept).status_code == 303
    with db.reading() as session:
        assert cast.standing(session, river_watch.id).representative == 'Ana "A" <Lee>'


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_form_is_shown_in_another_language_with_all_that_was_typed_and_records_nothing(
    language: str, browser: TestClient, river_watch: Partner, notified: list[tuple[Any, ...]]
) -> None:
    typed = a_signature(river_watch, representative="សុភា <b>Chan</b>", lang="en", visibility="counted")
    page = browser.post(url(river_watch), data=typed | {"switch": language})
    assert page.status_code == 200
    assert f'<html lang="{language}">' in page.text
    assert f'<input type="hidden" name="lang" value="{language}">' in page.text
    assert 'name="visibility" value="counted" checked' in page.text
    assert 'value="សុភា &lt;b&gt;Chan&lt;/b&gt;"' in page.text
    assert 'name="authorised" value="yes" checked' in page.text
    offered = re.findall(r'name="switch" value="(..)"', page.text)
    assert offered == [one for one in LANGUAGES if one != language]
    assert 'role="alert"' not in page.text
    assert (answers(), notified) == (0, [])


def test_a_language_that_nobody_speaks_here_is_the_partners_own(browser: TestClient, river_watch: Partner) -> None:
    page = browser.post(url(river_watch), data={"switch": "xx", "role": "Board"})
    assert (page.status_code, '<html lang="en">' in page.text, 'value="Board"' in page.text) == (200, True, True)


def test_the_language_of_an_answer_changes_nothing_in_that_of_the_mails(
    browser: TestClient, river_watch: Partner
) -> None:
    browser.post(url(river_watch), data=a_signature(river_watch, lang="km"))
    with db.transaction() as session:
        partner = session.get_one(Partner, river_watch.id)
        assert cast.standing(session, partner.id).language == "km"
        assert partner.language == "en", "whoever answered may not be who reads the mails"
        assert receipts.put_receipts(session, partner.campaign_id) == 1
        assert session.scalars(select(Mail.language).where(Mail.kind == "receipt")).all() == ["en"]
        answer.withdraw(session, partner.id, Statement(channel="by hand", language="fr"))
        assert partner.language == "en", "an organizer's own language is not the partner's"
