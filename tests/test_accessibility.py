"""The pages for everybody: axe-core looks at each, and colours, room, mouse and eyes are taken away in turn."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import pairwise, product
from secrets import token_hex
from typing import Any, get_args

import pytest
import uvicorn
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update
from sqlalchemy.orm import Session
from starlette.testclient import TestClient

from tests import axe_core, cast, voices
from tests.axe_core import LOOKS, PINNED, WANTED, Look, Scheme, rules_of, violations, with_axe
from tests.conftest import CHROMIUM
from worker import broker, db, tokens
from worker.acts import answer, contacts, correct_listing, digests, join, pass_on, take_back_voice, unsubscribe
from worker.acts.answer import Statement
from worker.acts.correct_listing import Listing
from worker.acts.third_party_limits import Person
from worker.models import Addressee, Answer, Digest, Letter, Member, Partner, ThirdPartyAddress, Visibility
from worker.state import public_list
from worker.state.links import Link
from worker.text.languages import LANGUAGES
from worker.web.app import make_app
from worker.wording import templates

on_sqlite = pytest.mark.parametrize("database", ["sqlite"], indirect=True)
in_a_browser = pytest.mark.skipif(
    CHROMIUM is None,
    reason="chromium is not installed: forced colours, narrow pages and the keyboard were not tried",
)
# What has happened before a page is opened.

Happening = Callable[[Session, Partner], object]
OPEN: dict[str, Any] = {
    "public_page": "from launch",
    "join": "approved",
    "show_signers": "everyone",
    "members": "named",
}
LETTER = """# The dam must wait

We, the {{ count }} undersigned, ask you to *wait*, as **all** do on [our page](https://rivers.example).[^1]

| River | Fish[^fish] | Where to read of it |
|---|--:|---|
| Arda | 1,204 | https://rivers.example/reports/2026/the-arda-and-its-fish |
| Mesta[^1] | 9 | |

[^1]: Law on Rivers, art. 3: https://rivers.example/laws/law-on-rivers-and-lakes-and-all-that-lives-in-them.
[^fish]: Until April.

## Why

> No fish was asked.

- first
- second

Respectfully,
"""


def says_sophea(partner: Partner, passage: str = "") -> Statement:
    return replace(cast.SOPHEA, language=partner.language, passage=passage)


def signs(visibility: Visibility) -> Happening:
    return lambda session, partner: cast.signs(session, partner, visibility, says_sophea(partner))


def declines(session: Session, partner: Partner) -> None:
    answer.decline(session, partner.id, says_sophea(partner))


def withdraws(session: Session, partner: Partner) -> None:
    answer.withdraw(session, partner.id, says_sophea(partner))


def asks_for_a_change(session: Session, partner: Partner) -> None:
    cast.asks_for_a_change(session, partner.id, says_sophea(partner, passage="as all do"))


def the_letter_changes(session: Session, partner: Partner) -> None:
    """It means something else from now on, so what was answered falls."""
    was = partner.campaign.letter
    texts = {code: text.replace("*wait*", "*stop*") for code, text in was.texts.items()}
    columns = {column.key for column in Addressee.__table__.columns} - {"id", "letter_id"}
    addressees = [Addressee(**{name: getattr(one, name) for name in columns}) for one in was.addressees]
    partner.campaign.letters.append(Letter(version=2, meaning=2, texts=texts, hash="1" * 64, addressees=addressees))
    session.execute(update(Answer).where(Answer.partner_id == partner.id).values(superseded_at=db.clock(session)))


def the_deadline_passes(session: Session, partner: Partner) -> None:
    cast.passes_its_deadline(session, partner.campaign, closed=False)


def the_list_is_closed(session: Session, partner: Partner) -> None:
    cast.passes_its_deadline(session, partner.campaign)


def the_letter_is_leaving(session: Session, partner: Partner) -> None:
    cast.the_letter_leaves(session, partner.campaign, accepted=False)


def the_letter_leaves(session: Session, partner: Partner) -> None:
    cast.the_letter_leaves(session, partner.campaign)


def a_digest_waits(session: Session, partner: Partner) -> None:
    voices.a_digest(session, partner.campaign)


def the_addressee_stops(session: Session, partner: Partner) -> None:
    digests.stop_digests(session, partner.campaign_id, "addressee")


def it_is_cancelled(session: Session, partner: Partner) -> None:
    partner.campaign.cancelled_at = db.clock(session)


def corrects_its_name(session: Session, partner: Partner) -> None:
    correct_listing.change_listing(session, partner.id, Listing("Rivers Watch", "RW", "USA", "", {}))


def passes_it_on(session: Session, partner: Partner) -> None:
    to, link = Person(f"{token_hex(4)}@river.example", partner.language), Link(partner.generation)
    pass_on.pass_invitation_on(session, partner.id, to, link=link)


def gets_one_more_contact(session: Session, partner: Partner) -> None:
    contacts.add_contact(session, partner.id, f"{token_hex(4)}@river.example", language=partner.language)


def another_contact_signs(session: Session, partner: Partner) -> None:
    passes_it_on(session, partner)
    [contact] = contacts.load_living(session, partner.id)
    link = Link(contact.generation, contact.id)
    given = answer.AnswerInput(partner.id, "sign", "public", says_sophea(partner), link)
    assert answer.record_answers(session, [given])


def gets_nothing_at_all(session: Session, partner: Partner) -> None:
    unsubscribe.silence_partner(session, partner.id)


def asks_for_silence(session: Session, partner: Partner) -> None:
    unsubscribe.unsubscribe_reader(session, partner.id, link=Link(partner.generation))


def another_letter_is_out(session: Session, partner: Partner) -> None:
    cast.a_campaign(session, f"weir-{token_hex(4)}", public_page="from launch")


def somebody_asks_to_sign(session: Session, partner: Partner) -> None:
    who = Person(f"{token_hex(4)}@coast.example", partner.language, "Ada Weir", partner.organization)
    join.ask_to_join(session, partner.campaign_id, who)


def somebody_types_its_address(session: Session, partner: Partner) -> None:
    voices.asks(session, partner.campaign, said=replace(voices.NAMED, language=partner.language))


def its_voice(session: Session, partner: Partner) -> Member:
    return session.scalars(select(Member).where(Member.campaign_id == partner.campaign_id)).one()


def its_voice_counts(session: Session, partner: Partner) -> None:
    somebody_types_its_address(session, partner)
    voices.confirms(session, its_voice(session, partner), replace(voices.NAMED, language=partner.language))


def it_is_taken_back(session: Session, partner: Partner) -> None:
    take_back_voice.withdraw_voice(session, its_voice(session, partner).id, 1)


def no_more_voices(session: Session, partner: Partner) -> None:
    partner.campaign.voices_stopped_at = db.clock(session)


# The pages.


@dataclass(frozen=True)
class State:
    """A page as a partner finds it: what it says then, what happened before, and what is sent there, if anything."""

    says: str
    before: tuple[Happening, ...] = ()
    at: str = "/s/{link}"
    sends: dict[str, str] = field(default_factory=dict)
    meanwhile: tuple[Happening, ...] = ()
    languages: tuple[str, ...] = tuple(LANGUAGES)


NOTHING, THE_CODE = {"mail_code": ""}, {"mail_code": "{code}"}
NOT_US, QUIET, ROW, PASS_ON = "/s/{link}/not-us", "/u/{quiet}", "/s/{link}/row", "/s/{link}/pass-on"
CONTACTS, DIGEST = "/s/{link}/contacts", "/d/{digest}?lang={language}"
LETTER_PAGE, JOIN, CONFIRM = "/c/{slug}?lang={language}", "/c/{slug}/join?lang={language}", "/j/{join}"
CHAIR = {"email": "chair-{language}@river.example"}
VOICE_PAGE, VOICE, NOT_ME = "/c/{slug}/voice?lang={language}", "/v/{voice}", "/v/{voice}/not-me"

STATES = {
    "before an answer": State("Will %(organization)s sign this letter?"),
    "nothing chosen": State("Choose your answer.", sends=NOTHING),
    "signs and fills nothing in": State("Enter your name.", sends={"choice": "sign"}),
    "wants a change and does not say which": State(
        "Enter what the text should say instead.", sends={"choice": "change"}
    ),
    "declines without the code": State(
        "Enter the six digits of the confirmation code.", sends={"choice": "decline"} | NOTHING
    ),
    "too late": State("Nothing was changed.", sends={"choice": "decline"} | THE_CODE, meanwhile=(the_deadline_passes,)),
    "signs for everyone": State("%(organization)s signs", (signs("public"),)),
    "signs for the addressee": State("%(organization)s signs, named for the addressee only", (signs("addressee"),)),
    "signs, counted": State("%(organization)s signs, counted and not named", (signs("counted"),)),
    "declines": State("%(organization)s does not sign", (declines,)),
    "withdraws": State("%(organization)s has withdrawn its signature", (signs("public"), withdraws)),
    "asks for a change": State("%(organization)s would sign if the text were changed", (asks_for_a_change,)),
    "the letter is another": State("The letter was changed", (signs("public"), the_letter_changes)),
    "after the deadline": State("The deadline has passed", (the_deadline_passes,)),
    "after the deadline, signed": State("The deadline has passed", (signs("public"), the_deadline_passes)),
    "sealed, signed": State("The list is closed and the letter is sealed", (signs("public"), the_list_is_closed)),
    "on its way, signed": State("The letter is on its way", (signs("public"), the_letter_is_leaving)),
    "sent": State("It cannot be recalled.", (the_letter_leaves,)),
    "sent, signed": State("It cannot be recalled.", (signs("public"), the_letter_leaves)),
    "sent, withdrawn": State(
        "%(organization)s has withdrawn its signature", (signs("public"), the_letter_leaves, withdraws)
    ),
    "cancelled, signed": State("This letter was cancelled", (signs("public"), it_is_cancelled)),
    "not us": State("Did someone else answer for %(organization)s?", (signs("public"),), NOT_US),
    "not us, without the code": State(
        "Enter the six digits of the confirmation code.", (signs("public"),), NOT_US, NOTHING
    ),
    "not us, done": State("What was done in your name is cancelled", (signs("public"),), NOT_US, THE_CODE),
    "its row": State("How should your organization’s name appear?", at=ROW),
    "its row, empty": State(
        "There is a problem: nothing has been recorded yet", at=ROW, sends={"organization": "", "sort_as": "-"}
    ),
    "its row, waiting": State(
        "A new name or country has to be approved by the organizers; until then the current one is used.",
        (corrects_its_name,),
        ROW,
    ),
    "passes on": State("Should someone else answer for %(organization)s?", at=PASS_ON),
    "passes on to nobody": State("There is a problem: nothing has been recorded yet", at=PASS_ON, sends=NOTHING),
    "passes on, done": State("The invitation has been passed on", at=PASS_ON, sends=CHAIR | THE_CODE),
    "has passed it on": State("Other people in your organization have their own links.", (passes_it_on,)),
    "not us, though nothing was answered": State("Did someone else act for %(organization)s?", (passes_it_on,), NOT_US),
    "who else answers": State(
        "Who else can answer for %(organization)s?", (another_contact_signs, gets_one_more_contact), CONTACTS
    ),
    "who else answers, none chosen": State(
        "Choose the link that you want to end.", (passes_it_on, gets_one_more_contact), CONTACTS, NOTHING
    ),
    "another contact signs": State("See who, and how to end a link", (another_contact_signs,)),
    "asked for silence": State(
        "We do not email you about this letter, except about changes that show more of your organization.",
        (asks_for_silence,),
    ),
    "the addressee is told of members": State(
        "Stop the emails about members of the community?", (the_letter_leaves, a_digest_waits), DIGEST
    ),
    "the addressee wants to hear no more of members": State(
        "Do you want these emails again?", (the_letter_leaves, a_digest_waits, the_addressee_stops), DIGEST
    ),
    "gets nothing at all": State(
        "The organizers send no email to your organization. Write to them if that is not what you want.",
        (gets_nothing_at_all,),
        QUIET,
    ),
    "answered meanwhile": State(
        "Someone in your organization has answered since you opened this page. Please look at that answer, and "
        "submit yours again if it should replace it.",
        sends={"choice": "change", "passage": "as all do", "wish": "so"} | THE_CODE,
        meanwhile=(declines,),
    ),
    "no more mail": State("Stop email about this letter?", at=QUIET),
    "no more mail, without the code": State("Enter the six digits of the confirmation code.", at=QUIET, sends=NOTHING),
    "no more mail, done": State("We will no longer email you about this letter", at=QUIET, sends=THE_CODE),
    "the public page": State("A joint letter to %(name)s", (signs("public"), another_letter_is_out), LETTER_PAGE),
    "the public page, sent": State("Who runs this", (signs("public"), the_letter_leaves), LETTER_PAGE),
    "asks to sign": State("Does your organization want to sign?", at=JOIN),
    "asks to sign, empty": State("There is a problem: nothing has been recorded yet", at=JOIN, sends={"email": ""}),
    "asks to sign, done": State("Check your email", at=JOIN, sends={"organization": "Coast", "contact": "Ada"} | CHAIR),
    "confirms": State("Does %(organization)s want to sign?", (somebody_asks_to_sign,), CONFIRM),
    "confirms, done": State(
        "Your request has been sent to the organizers", (somebody_asks_to_sign,), CONFIRM, THE_CODE
    ),
    "adds its voice": State("Add your voice to the letter to %(name)s", at=VOICE_PAGE),
    "adds its voice, empty": State("Enter a name that contains letters.", at=VOICE_PAGE, sends={"name": ""}),
    "adds its voice, done": State("Check your email", at=VOICE_PAGE, sends={"name": "Ada"} | CHAIR),
    "no more voices": State("No more voices can be added", (no_more_voices,), VOICE_PAGE),
    "confirms its voice": State(
        "Do you add your voice to the letter to %(name)s?", (somebody_types_its_address,), VOICE
    ),
    "confirms its voice without the code": State(
        "Tick the box to confirm that you speak for yourself.",
        (somebody_types_its_address,),
        VOICE,
        {"name": ""} | NOTHING,
    ),
    "its voice counts": State("Thank you. Your voice counts.", (its_voice_counts,), VOICE),
    "its voice counts, nothing chosen": State("Choose what you would like to do.", (its_voice_counts,), VOICE, NOTHING),
    "its voice is taken back": State("Your voice is withdrawn", (its_voice_counts, it_is_taken_back), VOICE),
    "its voice lapsed": State(
        "The letter was changed: please read it again", (its_voice_counts, the_letter_changes), VOICE
    ),
    "its voice counts, no more are taken": State("Withdraw my voice", (its_voice_counts, no_more_voices), VOICE),
    "not me": State("Did someone else use your email address?", (its_voice_counts,), NOT_ME),
    "not me, done": State("What was typed with your address is erased", (its_voice_counts,), NOT_ME, THE_CODE),
    "a link that does not work": State("This link does not work", at="/s/nobody", languages=("en",)),
    "a link that was cut": State("This link seems to be cut off", at="/s/abcdefghijkl", languages=("en",)),
}
# What most partners see.
OFTEN = {
    "before an answer",
    "signs and fills nothing in",
    "signs for everyone",
    "signs for the addressee",
    "signs, counted",
    "declines",
    "withdraws",
    "after the deadline, signed",
    "sent, signed",
    "cancelled, signed",
    "not us",
    "not us, done",
    "no more mail",
    "no more mail, done",
    "a link that does not work",
}
A_FEW = [
    "before an answer",
    "signs and fills nothing in",
    "signs for everyone",
    "not us",
    "its row, empty",
    "who else answers, none chosen",
    "the public page",
]


@dataclass(frozen=True)
class Reader:
    """A partner who opens pages: what their words and addresses have of it."""

    id: int
    language: str
    words: dict[str, str]
    addresses: dict[str, str]

    def fills(self, template: str) -> str:
        return template.format(**self.addresses)

    def reads(self, msgid: str) -> str:
        return " ".join((templates.page_words(self.language).gettext(msgid) % self.words).split())


def a_reader(state: State, language: str, organization: str = "River Watch") -> Reader:
    """Of a campaign of its own where others sign; the letter is in English and French."""
    with db.transaction() as session:
        campaign = cast.a_campaign(session, f"dam-{token_hex(4)}", ("Alpine Streams",), **OPEN)
        campaign.letter.texts = campaign.letter.texts | {"en": LETTER}
        partner = campaign.partners[0]
        partner.language, partner.organization = language, organization
        signs("public")(session, campaign.partners[2])
        happen(session, partner, state.before)
        stranger = session.scalar(select(ThirdPartyAddress).where(ThirdPartyAddress.campaign_id == campaign.id))
        member = session.scalar(select(Member).where(Member.campaign_id == campaign.id))
        digest = session.scalar(select(Digest).where(Digest.campaign_id == campaign.id))
        return Reader(
            partner.id,
            language,
            {"organization": organization, "name": campaign.letter.addressees[0].name},
            {
                "slug": campaign.slug,
                "language": language,
                "link": tokens.token(partner),
                "quiet": tokens.token(partner, "quiet"),
                "join": tokens.token(stranger, "join") if stranger else "",
                "voice": tokens.token(member, "voice") if member else "",
                "code": tokens.mail_code(member or stranger or partner),
                "digest": tokens.token(digest, "digest") if digest else "",
            },
        )


def happen(session: Session, partner: Partner, happenings: tuple[Happening, ...]) -> None:
    for happens in happenings:
        happens(session, partner)


def visit(page: Page, site: str, state: State, reader: Reader) -> None:
    """Open the page of a state; with its fields filled in and sent, if it sends any."""
    page.goto(site + reader.fills(state.at))
    if state.sends and (fold := page.locator("details:not([open]) > summary")).count():
        fold.click()
    for name, value in state.sends.items():
        if name == "choice":
            page.locator(f'[name="choice"][value="{value}"]').check()
        else:
            page.fill(f'[name="{name}"]', reader.fills(value))
    with db.transaction() as session:
        happen(session, session.get_one(Partner, reader.id), state.meanwhile)
    if state.sends:
        with page.expect_navigation():
            page.locator('button[type="submit"]:not(.quiet)').click()
    assert reader.reads(state.says) in " ".join(str(page.text_content("body")).split()), state


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Where the pages are for one test after the other: for another port a browser would start anew."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(make_app(), log_level="warning", access_log=False))
    serving = threading.Thread(target=server.run, args=([listening],))
    serving.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    serving.join()


@pytest.fixture
def site(database: str, port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The pages on the test's own database; no task is notified."""
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    return f"http://127.0.0.1:{port}"


# axe-core.

seen_by_axe = axe_core.seen_by_axe


def pages_in(language: str) -> Iterator[tuple[str, list[Look]]]:
    """Each page in every size and scheme in one language, by turns; in the other two, if it is seen often, in half."""
    for number, (name, state) in enumerate(STATES.items()):
        if language in state.languages:
            turn = (state.languages.index(language) + number) % len(state.languages)
            if turn == 0 or name in OFTEN:
                yield name, [LOOKS, LOOKS[::3], LOOKS[1:3]][turn]


def test_axe_is_pinned_by_its_hash_and_comes_from_no_host_that_is_named_here() -> None:
    lock = (WANTED / "package-lock.json").read_text()
    assert "://" not in lock
    [locked] = [one for path, one in json.loads(lock)["packages"].items() if path]
    assert locked["version"] == PINNED
    assert locked["integrity"].startswith("sha512-")


@on_sqlite
@with_axe
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_nothing(language: str, seen_by_axe: Page, site: str) -> None:
    found = []
    for name, looks in pages_in(language):
        visit(seen_by_axe, site, STATES[name], a_reader(STATES[name], language))
        assert seen_by_axe.get_attribute("html", "lang") == language
        found += violations(seen_by_axe, f"{name}, {language},", looks)
    assert not found, "\n".join(found)


BREAKS = {
    "label": "document.querySelector('label[for=role]').remove()",
    "color-contrast": "document.querySelector('.hint').style.color = '#999'",
    "html-has-lang": "document.documentElement.removeAttribute('lang')",
    "valid-lang": "document.querySelector('article').lang = 'xx-none'",
    "heading-order": "document.querySelector('#subject').outerHTML = '<h5 id=subject>The dam</h5>'",
    "landmark-one-main": "document.querySelector('main').replaceWith(...document.querySelector('main').children)",
    "list": "document.querySelector('.languages').append(document.createElement('div'))",
    "link-in-text-block": "document.querySelector('.kept a').style = 'color: #524a40; text-decoration: none'",
    "aria-valid-attr-value": "document.querySelector('#role').setAttribute('aria-describedby', 'nothing')",
    "duplicate-id-aria": "document.querySelector('#mail_code-hint').id = 'representative-hint'",
    "target-size": "document.querySelectorAll('.languages a').forEach("
    "(link) => link.style = 'display: block; width: 9px; height: 9px; min-width: 0; min-height: 0; padding: 0;"
    "overflow: hidden')",
}


@on_sqlite
@with_axe
def test_axe_finds_what_is_broken(seen_by_axe: Page, site: str) -> None:
    state = STATES["before an answer"]
    visit(seen_by_axe, site, state, a_reader(state, "en"))
    seen_by_axe.locator('[name="choice"][value="sign"]').check()
    adopt(seen_by_axe, ".languages { display: flex !important }")
    for breaks in BREAKS.values():
        seen_by_axe.evaluate(breaks)
    assert rules_of(violations(seen_by_axe)) >= set(BREAKS)


@on_sqlite
@with_axe
@pytest.mark.parametrize(
    ("where", "looks"),
    [
        ("prefers-color-scheme: dark", ["360x740 dark", "1280x800 dark"]),
        ("width > 400px", ["1280x800 light", "1280x800 dark"]),
    ],
)
def test_axe_looks_in_every_size_and_scheme(where: str, looks: list[str], seen_by_axe: Page, site: str) -> None:
    state = STATES["before an answer"]
    visit(seen_by_axe, site, state, a_reader(state, "en"))
    adopt(seen_by_axe, f"@media ({where}) {{ .hint {{ color: #777 }} }}")
    found = violations(seen_by_axe)
    assert rules_of(found) == {"color-contrast"}
    assert {look for line in found for look in looks if f" {look}: " in line} == set(looks)
    assert not [line for line in found if not any(f" {look}: " in line for look in looks)]


@on_sqlite
@with_axe
def test_axe_finds_nothing_on_the_pages_of_a_long_list(
    seen_by_axe: Page, site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(public_list, "PAGE", 2)
    monkeypatch.setattr(public_list, "BEGINNING", 1)
    with db.transaction() as session:
        names = ("Clean Coast", "ទន្លេស្អាត", "O’Hara & Sons")
        campaign = cast.a_campaign(session, "long", names, public_page="from launch", show_signers="everyone")
        for partner in campaign.partners:
            cast.signs(session, partner)
        own = f"/s/{tokens.token(campaign.partners[0])}"
    for path in ("/c/long", "/c/long?page=2", own, f"{own}/names?page=2"):
        seen_by_axe.goto(site + path)
        assert seen_by_axe.locator(".pages-of-list" if path != own else ".more").count() == 1
        assert violations(seen_by_axe, path, [look for look in LOOKS if look[0][0] == 360]) == []


# A browser, without JavaScript as the pages are made for.


@pytest.fixture(scope="module")
def still_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(device_scale_factor=2, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(still_page: Page) -> Page:
    """As wide as a phone, two dots to a pixel."""
    still_page.set_viewport_size({"width": 360, "height": 740})
    still_page.emulate_media(color_scheme="light", forced_colors="none")
    return still_page


def adopt(page: Page, style: str) -> None:
    """Add to a page's style, past what the page may load."""
    page.evaluate(
        "(style) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(style);"
        " document.adoptedStyleSheets = [sheet]; }",
        style,
    )


TELL_APART = """() => {
  const style = (one) => getComputedStyle(one);
  const desk = style(document.body).backgroundColor;
  const lost = [];
  for (const row of document.querySelectorAll(".own"))
    if (style(row).textDecorationLine !== "underline") lost.push("own row");
  for (const option of document.querySelectorAll(".option")) {
    const { outlineStyle, outlineWidth, outlineColor } = style(option);
    const outlined = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2 && outlineColor !== desk;
    if (outlined !== Boolean(option.querySelector(":checked"))) lost.push(option.querySelector("input").value);
  }
  for (const notice of document.querySelectorAll(".notice")) {
    const { borderLeftStyle, borderLeftWidth, borderLeftColor } = style(notice);
    if (borderLeftStyle === "none" || parseFloat(borderLeftWidth) < 2 || borderLeftColor === desk) lost.push("notice");
  }
  return lost;
}"""


@on_sqlite
@in_a_browser
@pytest.mark.parametrize("scheme", get_args(Scheme))
def test_with_forced_colours_own_row_and_choice_stand_out(scheme: Scheme, page: Page, site: str) -> None:
    state = STATES["signs for everyone"]
    page.emulate_media(forced_colors="active", color_scheme=scheme)
    visit(page, site, state, a_reader(state, "en"))
    page.locator("summary").click()
    for name, value in {"choice": "sign", "visibility": "addressee"}.items():
        page.locator(f'[name="{name}"][value="{value}"]').check()
    page.locator("h1").click()
    assert page.locator(".own, .notice").count() == 2
    assert page.evaluate(TELL_APART) == []

    page.emulate_media(forced_colors="none", color_scheme=scheme)
    assert page.evaluate(TELL_APART) == ["own row", "sign", "addressee"], "or it is not the style that does it"


WIDE = """() => {
  const { clientWidth, scrollWidth } = document.documentElement;
  const out = [...document.body.querySelectorAll("*")].filter((one) => {
    const { left, right, width } = one.getBoundingClientRect();
    return width > 0 && (left < 0 || right > clientWidth + 0.5);
  });
  return [...out.map((one) => one.outerHTML.slice(0, 80)), ...(scrollWidth > clientWidth ? ["the page scrolls"] : [])];
}"""
WIDER_SPACED = "* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
ONE_WORD = "Trinkwasserschutzgebietsverordnungsüberwachungsverein"


def sticks_out(page: Page) -> list[str]:
    """What does not fit 320 pixels, or a small desk's 1280 at 200 percent."""
    found = []
    for width in (320, 640):
        page.set_viewport_size({"width": width, "height": 400})
        found += [f"{width}: {one}" for one in page.evaluate(WIDE)]
    return found


@on_sqlite
@in_a_browser
def test_nothing_scrolls_sideways_on_a_narrow_page_or_at_200_percent(page: Page, site: str) -> None:
    for state in (STATES[name] for name in A_FEW):
        for language in state.languages:
            visit(page, site, state, a_reader(state, language))
            assert sticks_out(page) == []
    adopt(page, "main { min-width: 700px }")
    assert "640: the page scrolls" in sticks_out(page)


@on_sqlite
@in_a_browser
@pytest.mark.parametrize(
    ("organization", "style"), [("River Watch", WIDER_SPACED), (ONE_WORD, "")], ids=["wider spaced", "one long word"]
)
def test_nor_does_it_when_words_are_wider_spaced_or_long(organization: str, style: str, page: Page, site: str) -> None:
    for name, language in product(["signs and fills nothing in", "not us"], LANGUAGES):
        visit(page, site, STATES[name], a_reader(STATES[name], language, organization))
        adopt(page, style)
        assert sticks_out(page) == []


# The keyboard alone.


def standing(reader: Reader) -> list[tuple[str, str | None, str]]:
    with db.reading() as session:
        stands = select(Answer).where(Answer.partner_id == reader.id, Answer.superseded_at.is_(None))
        return [(one.choice, one.visibility, one.representative) for one in session.scalars(stands)]


STOPS = """() => {
  const one_of_its_group = (radio) =>
    radio === ([...document.getElementsByName(radio.name)].find((one) => one.checked)
      ?? document.getElementsByName(radio.name)[0]);
  const all = "a[href], button, input:not([type=hidden]), textarea, select, summary, .table";
  window.stops = [...document.querySelectorAll(all)]
    .filter((one) => one.checkVisibility() && (one.type !== "radio" || one_of_its_group(one)));
  return window.stops.map((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return [one.outerHTML.slice(0, 80), top, bottom];
  });
}"""
STOP = """() => {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one.closest(".option") ?? one);
  return [window.stops.indexOf(one), outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
}"""


def lost_with_tab(page: Page) -> list[str]:
    """Where Tab leads elsewhere than the source goes on, focus does not show, or the eye would go another way."""
    stops = page.evaluate(STOPS)
    lost = [f"above what comes before: {after}" for (_, top, _), (after, _, end) in pairwise(stops) if end <= top]
    page.evaluate("window.stops[0].focus()")  # wherever the page has put the focus
    for key in ("Tab", "Shift+Tab"):
        page.keyboard.press(key)
    for number, (stop, _, _) in enumerate(stops):
        at, shows = page.evaluate(STOP)
        lost += [f"not reached in turn: {stop}"] if at != number else []
        lost += [f"focus does not show: {stop}"] if at == number and not shows else []
        page.keyboard.press("Tab")
    return lost


@on_sqlite
@in_a_browser
def test_tab_reaches_everything_in_the_order_of_the_source_and_shows_where_it_is(page: Page, site: str) -> None:
    for name in A_FEW:
        visit(page, site, STATES[name], a_reader(STATES[name], "en"))
        assert lost_with_tab(page) == [], name


BREAKS_WITH_TAB = {
    "document.querySelector('#mail_code').tabIndex = 1": "not reached in turn",
    "document.querySelector('#role').tabIndex = -1": "not reached in turn",
    "document.querySelector('#role').style.outline = 'none'": "focus does not show",
    "document.querySelector('form').style = 'display: flex; flex-direction: column-reverse'": "above what comes before",
}


@on_sqlite
@in_a_browser
def test_what_is_lost_with_tab_is_told(page: Page, site: str) -> None:
    state = STATES["before an answer"]
    reader = a_reader(state, "en")
    for breaks, told in BREAKS_WITH_TAB.items():
        visit(page, site, state, reader)
        page.locator('[name="choice"][value="sign"]').check()
        page.evaluate(breaks)
        assert {one.partition(":")[0] for one in lost_with_tab(page)} >= {told}, breaks


def tab_to(page: Page, selector: str) -> None:
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.locator(f"{selector}:focus").count():
            return
    pytest.fail(f"Tab does not reach {selector}")


def presses_until_chosen(page: Page, value: str) -> None:
    """Space takes the option that has the focus, the arrow the next one."""
    page.keyboard.press("Space")
    for _ in range(5):
        if page.locator(f'[value="{value}"]:checked:focus').count():
            return
        page.keyboard.press("ArrowDown")
    pytest.fail(f"the arrows do not reach {value}")


@on_sqlite
@in_a_browser
def test_a_partner_signs_with_the_keyboard_alone(page: Page, site: str) -> None:
    state = STATES["before an answer"]
    reader = a_reader(state, "en")
    visit(page, site, state, reader)
    tab_to(page, "a.jump")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.locator('[name="choice"]:focus').count() == 1, "the link leads to the form, and Tab goes on from there"
    presses_until_chosen(page, "sign")
    tab_to(page, '[name="visibility"]')
    presses_until_chosen(page, "addressee")
    tab_to(page, "#representative")
    page.keyboard.type("Sophea Chan")
    tab_to(page, "#role")
    page.keyboard.type("Secretary")
    tab_to(page, "#authorised")
    page.keyboard.press("Space")
    tab_to(page, "#mail_code")
    page.keyboard.type(reader.addresses["code"])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert standing(reader) == [("sign", "addressee", "Sophea Chan")]


@on_sqlite
@in_a_browser
def test_a_partner_declines_with_the_keyboard_alone(page: Page, site: str) -> None:
    state = STATES["before an answer"]
    reader = a_reader(state, "en")
    visit(page, site, state, reader)
    tab_to(page, '[name="choice"]')
    presses_until_chosen(page, "decline")
    tab_to(page, "#reason")
    page.keyboard.type("Too short a time")
    tab_to(page, "#mail_code")
    page.keyboard.type(reader.addresses["code"])
    tab_to(page, 'button[type="submit"]')
    with page.expect_navigation():
        page.keyboard.press("Space")
    assert standing(reader) == [("decline", None, "")]


@on_sqlite
@in_a_browser
def test_with_the_keyboard_alone_an_answer_is_disowned(page: Page, site: str) -> None:
    state = STATES["signs for everyone"]
    reader = a_reader(state, "en")
    visit(page, site, state, reader)
    tab_to(page, 'a[href$="/not-us"]')
    page.keyboard.press("Enter")
    page.wait_for_url("**/not-us")
    tab_to(page, "#mail_code")
    page.keyboard.type(reader.addresses["code"])
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert standing(reader) == []


# Text alone: no browser, no style.

POINTERS = ("for", "aria-describedby", "aria-labelledby")


@dataclass
class Control:
    """A field or a button: where in the text it stands, and what is written for it and for its group."""

    name: str
    id: str
    at: int
    group: str | None
    label: str = ""


class AsText(HTMLParser):
    """A page as a text browser has it: its words in the order of the source, and the controls among them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words = ""
        self.controls: list[Control] = []
        self.hidden: dict[str, str] = {}
        self.ids: set[str] = set()
        self.pointed_at: set[str] = set()
        self._labels: dict[str, str] = {}
        self._since: dict[str, tuple[int, int, str]] = {}
        self._group: str | None = None
        self._typed = False
        self.feed(page.partition("<body>")[2].partition("</body>")[0])
        for control in self.controls:
            control.label = control.label or self._labels.get(control.id, "")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        self.ids.add(has.get("id", ""))
        self.pointed_at.update(one for pointer in POINTERS for one in has.get(pointer, "").split())
        if has.get("href", "").startswith("#"):
            self.pointed_at.add(has["href"][1:])
        self._since[tag] = len(self.words), len(self.controls), has.get("for", "")
        self._typed = tag == "textarea"
        if tag == "fieldset":
            self._group = ""
        if has.get("type") == "hidden":
            self.hidden[has["name"]] = has["value"]
        elif tag in ("input", "textarea", "select", "button"):
            self.controls.append(Control(has.get("name", ""), has.get("id", ""), len(self.words), self._group))

    def handle_data(self, data: str) -> None:
        if not self._typed:
            self.words += data

    def handle_endtag(self, tag: str) -> None:
        self._typed = False
        start, controls, target = self._since[tag]
        if tag == "legend":
            self._group = self.words[start:].strip()
        elif tag == "fieldset":
            self._group = None
        elif tag in ("label", "button"):
            written = self.words[start:].strip()
            for inside in self.controls[controls:]:
                inside.label = written
            if target:
                self._labels[target] = written


def not_told(page: AsText) -> list[str]:
    """The controls beside which nothing is written, and what is pointed at and is not there."""
    silent = [f"no label: {one.name or one.id}" for one in page.controls if not one.label or one.group == ""]
    return silent + [f"not there: {one}" for one in sorted(page.pointed_at - page.ids)]


@pytest.fixture
def client(database: str, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(broker, "notify", lambda *_: None)
    return TestClient(make_app())


def read(client: TestClient, state: State, reader: Reader) -> str:
    """The page of a state, as `visit` opens it."""
    url = reader.fills(state.at)
    page = client.get(url).text
    with db.transaction() as session:
        happen(session, session.get_one(Partner, reader.id), state.meanwhile)
    if state.sends:
        sent = {name: reader.fills(value) for name, value in state.sends.items()}
        page = client.post(url, data=AsText(page).hidden | sent).text
    return page


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_as_text_a_page_says_what_it_is_and_every_field_what_it_asks(language: str, client: TestClient) -> None:
    for name, state in STATES.items():
        if language in state.languages:
            reader = a_reader(state, language)
            page = AsText(read(client, state, reader))
            assert reader.reads(state.says) in " ".join(page.words.split()), name
            assert not_told(page) == [], name


@on_sqlite
@pytest.mark.parametrize("language", LANGUAGES)
def test_as_text_the_letter_comes_first_then_the_choices_then_the_code(language: str, client: TestClient) -> None:
    state = STATES["signs and fills nothing in"]
    reader = a_reader(state, language)
    page = AsText(read(client, state, reader))
    fields = {one.name: one.at for one in reversed(page.controls)}

    def written(msgid: str) -> int:
        return page.words.replace("\xa0", " ").rindex(reader.reads(msgid))

    places = [
        page.words.index("Respect"),
        written("Will %(organization)s sign?"),
        fields["choice"],
        written("If you sign: who may see your organization’s name?"),
        fields["visibility"],
        fields["representative"],
        fields["role"],
        fields["authorised"],
        fields["reason"],
        written("Confirmation code"),
        fields["mail_code"],
        written("Submit your answer"),
    ]
    assert places == sorted(places)


@on_sqlite
def test_as_text_what_is_not_told_is_found(client: TestClient) -> None:
    state = STATES["signs and fills nothing in"]
    page = read(client, state, a_reader(state, "en"))
    for was, becomes, told in [
        ('<label for="role">', "<label>", ["no label: role"]),
        ("We sign this letter", "", ["no label: choice"]),
        ("Will River Watch sign?", "", ["no label: choice"] * 3),
        ("<legend>Will River Watch sign?</legend>", "", ["no label: choice"] * 3),
        ("Submit your answer", "", ["no label: "]),
        ('id="visibility"', "", ["not there: visibility"]),
        ('id="reason-hint"', "", ["not there: reason-hint"]),
    ]:
        assert was in page
        assert not_told(AsText(page.replace(was, becomes))) == told, was
