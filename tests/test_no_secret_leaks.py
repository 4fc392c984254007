"""Secrets seeded through a whole campaign are found where they belong, and nowhere else.

Names of those who are withheld, who declined, who wish a change or only asked to join; who speaks for them and why;
addresses, links and mail codes: each is looked for in everything that anybody or any machine was shown.
"""

import base64
import io
import re
import threading
import urllib.error
import urllib.request
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pypdf
import pytest
import redis

from tests import servers
from tests.servers import TIMEOUT_S
from tests.stage import Organization, ProductionStage, Story, eventually, post
from worker.cli.demo import partner as player

MACHINE, DATABASE, EVERYBODY = "logs and Redis", "the database", "everybody"
ADDRESSEE, ORGANIZERS, SCREEN = "the addressee", "the organizers' mail", "the organizers' screen"
REPLY = "who typed a wrong code into the page of CCQX"
MORE = 'public_page = "from launch"\njoin = "approved"\nshow_signers = "partners"\nmembers = "named"\n'
BELOW = ("", "/row", "/not-us", "/pass-on")


@dataclass(frozen=True)
class Secret:
    """Words, and who may be shown them."""

    what: str
    words: str
    may: frozenset[str]

    def is_in(self, text: str) -> bool:
        if re.fullmatch("[0-9]{16}", self.words):
            return re.search(" ?".join(re.findall("....", self.words)), text) is not None
        if re.fullmatch("[0-9]{6}", self.words):  # stands in the middle of many a hash and fraction of a second
            return re.search(rf"(?<![0-9A-Za-z.]){self.words[:3]} ?{self.words[3:]}(?![0-9A-Za-z])", text) is not None
        return self.words in text


@dataclass
class Shown:
    """All that was shown to each."""

    to: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def found(self, secrets: list[Secret]) -> list[str]:
        """What was shown to somebody to whom it does not belong."""
        return [
            f"{secret.what} to {who}"
            for who, texts in self.to.items()
            for secret in secrets
            if who not in secret.may and any(secret.is_in(text) for text in texts)
        ]


def test_each_secret_of_a_campaign_is_shown_to_whom_it_belongs(tmp_path: Path, own_redis: servers.Redis) -> None:
    with servers.fresh_postgresql() as url:
        stage = ProductionStage(tmp_path / "stage", url, own_redis.url())
        try:
            with _everything_said_to(own_redis) as overheard:
                campaign = Campaign(Story(stage, "rivers"))
                campaign.is_played()
            shown = campaign.shown
            shown.to[MACHINE] += [stage.logs(), overheard.said(), _everything_in(own_redis)]
            shown.to[DATABASE] += _everything_kept_in(servers.plain(url))
        finally:
            stage.end()

    secrets = campaign.secrets()
    assert shown.found(secrets) == []
    _was_looked_at(shown, secrets)


def _was_looked_at(shown: Shown, secrets: list[Secret]) -> None:
    """What we looked into is what it should be: each secret is found where it belongs, and so is what is no secret."""
    assert "drained" in shown.to[MACHINE][0]
    assert "deliver" in shown.to[MACHINE][1]
    for who in (DATABASE, EVERYBODY, ADDRESSEE, ORGANIZERS, SCREEN, "post of RWQX", "pages of CCQX"):
        assert any("River Watch" in text for text in shown.to[who]), who
    nowhere = [s.what for s in secrets if s.may and not any(s.is_in(t) for who in s.may for t in shown.to[who])]
    assert nowhere == []


@dataclass
class Person:
    """Somebody who adds its voice by name, and the mail that it gets."""

    name: str
    email: str
    words: str
    mail: EmailMessage | None = None

    def link(self) -> str:
        assert self.mail is not None
        found = re.search(r"http://\S+/v/[\w=-]+", player.text_of(self.mail))
        assert found
        return found[0]

    def secrets(self) -> list[Secret]:
        """The organizers see the name only where there are words to read, and no address of anybody."""
        assert self.mail is not None
        mails, pages = frozenset({"post of a person"}), frozenset({"post of a person", "pages of a person"})
        [long_code] = re.findall(r"\b\d{4} \d{4} \d{4} \d{4}\b", player.text_of(self.mail))
        return [
            Secret("the name of a person", self.name, pages),
            Secret("what a person says", self.words, pages),
            Secret("the address of a person", self.email, pages),
            Secret("the link of a person", self.link().rsplit("/", 1)[1], pages),
            Secret("the mail code of a person", player.code_in(self.mail).replace(" ", ""), mails),
            Secret("the long code of a person", long_code.replace(" ", ""), mails),
        ]


class Campaign:
    """One of each: who signs in each way, declines, wishes, is silent, steps back late, passes on, and joins.

    And a person adds its voice.
    """

    def __init__(self, story: Story) -> None:
        self.story, self.stage, self.shown = story, story.stage, Shown()
        self.public = story.joined_by("River Watch", "RWQX", "Canada")
        self.named = story.joined_by("Clean Coast", "CCQX", "France", language="fr")
        self.counted = story.joined_by("Quiet Delta", "QDQX", "Cambodia", language="fr")
        self.declines = story.joined_by("Hill Farmers", "HFQX", "Spain")
        self.wishes = story.joined_by("Lake Forum", "LFQX", "Chad")
        self.silent = story.joined_by("Nobody Home", "NHQX", "Peru")
        self.leaves = story.joined_by("Old Forest", "OFQX", "Laos")
        self.chair = "chair@passed-on.example"
        self.applicants = {"Wetland Friends": "office@wetland.example", "Marsh Circle": "office@marsh.example"}
        self.person = Person("Chanthou Meas", "chanthou@home-of-one.example", "the mill took our well")
        self.admitted = Organization(self.stage, story, "Wetland Friends", "", "Togo")

    def is_played(self) -> None:
        story = self.story
        story.launches(more=MORE)
        self._is_looked_at()
        self.public.signs("public", representative="Ada Lovelace", role="captain")
        self.named.signs("addressee", representative="Grace Hopper", role="helmswoman")
        wrong = {"choice": "sign", "representative": "Eve Mallory", "mail_code": "0"}
        self.shown.to[REPLY].append(self.named.posts(**wrong)[1])
        self.counted.signs("counted", representative="Mary Somerville", role="boatswain")
        self.declines.posts(choice="decline", reason="we fear the police")
        self.wishes.asks_for_a_change("ask for clean rivers", "beg for clean rivers")
        self.leaves.signs("public", representative="Emmy Noether", role="pilot")
        self.leaves.signs("addressee", representative="Emmy Noether", role="pilot")
        self._is_passed_on()
        self._is_joined()
        self._adds_its_voice()
        self._is_looked_at()
        story.reaches_its_deadline()
        self._is_looked_at()
        story.passes_its_review()
        story.letter()
        story.is_dispatched()
        self._is_looked_at()
        self.leaves.withdraws()
        eventually(lambda: story.organizers_mails("stepped back"))
        self._is_looked_at()
        self.public.receipts(2)
        for partner in story.partners:
            self.shown.to[f"post of {partner.acronym}"] += [_all_of(mail) for mail in partner.mails()]
        self.shown.to[ADDRESSEE] += [_all_of(mail) for mail in story.letters()]
        self.shown.to[ORGANIZERS] += [_all_of(mail) for mail in story.organizers_mails()]
        self.shown.to["post of a person"] += [_all_of(mail) for mail in self.stage.mails(self.person.email)]
        self.shown.to["the chair"] += [_all_of(mail) for mail in self.stage.mails(self.chair)]
        self.shown.to["the admitted"] += [_all_of(m) for m in self.stage.mails(self.applicants["Wetland Friends"])]
        self.shown.to["the refused"] += [_all_of(m) for m in self.stage.mails(self.applicants["Marsh Circle"])]

    def secrets(self) -> list[Secret]:
        """All of them, each with those to whom it belongs."""
        found = [
            _belongs("the name of one that is named to the addressee", "Clean Coast", "CCQX", ADDRESSEE, names=True),
            _belongs("the name of one that is counted", "Quiet Delta", "QDQX", names=True),
            _belongs("the name of one that declines", "Hill Farmers", "HFQX", names=True),
            _belongs("the name of one with a wish", "Lake Forum", "LFQX", names=True),
            _belongs("the name of one that is silent", "Nobody Home", "NHQX", names=True),
            _belongs("the name of one that leaves", "Old Forest", "OFQX", ADDRESSEE, names=True),
            _belongs("the name of an applicant", "Marsh Circle", "the refused", "who asks to sign"),
            _belongs("why one declines", "fear the police", "HFQX"),
            _belongs("what one wishes", "beg for clean rivers", "LFQX"),
            Secret("who tried with a wrong code", "Eve Mallory", frozenset({REPLY})),
            _belongs("the address that it was passed on to", self.chair, "RWQX", "the chair"),
            *self.person.secrets(),
        ]
        for who, role, of in (
            ("Ada Lovelace", "captain", "RWQX"),
            ("Grace Hopper", "helmswoman", "CCQX"),
            ("Mary Somerville", "boatswain", "QDQX"),
            ("Emmy Noether", "pilot", "OFQX"),
        ):
            found += [_belongs(f"who signs for {of}", who, of), _belongs(f"its role at {of}", role, of)]
        for name, address in self.applicants.items():
            found.append(_belongs(f"the address of {name}", address, "the admitted", "the refused", "who asks to sign"))
        for partner in self.story.partners:
            whose, forwarded = partner.acronym, ["the chair"] if partner is self.public else []
            token = partner.link().rsplit("/", 1)[1]
            [long_code] = re.findall(r"\b\d{4} \d{4} \d{4} \d{4}\b", player.text_of(partner.invitation()))
            quiet = re.findall(r"/u/([\w=-]+)", str(partner.invitation()["List-Unsubscribe"]))[0]
            mails, pages = [f"post of {whose}", *forwarded], [*_places_of(whose), *forwarded]
            found += [
                Secret(f"the link of {whose}", token, frozenset(pages)),
                Secret(f"the quiet link of {whose}", quiet, frozenset(pages)),
                Secret(f"the mail code of {whose}", partner.code().replace(" ", ""), frozenset(mails)),
                Secret(f"the long code of {whose}", long_code.replace(" ", ""), frozenset(mails)),
                Secret(f"the address of {whose}", partner.email, frozenset({mails[0], SCREEN})),
            ]
        return found

    def _is_passed_on(self) -> None:
        form = {"email": self.chair, "language": "fr", "mail_code": self.public.code()}
        assert post(f"{self.public.link()}/pass-on", form)[0] == 200
        eventually(lambda: self.stage.mails(self.chair))

    def _is_joined(self) -> None:
        page = f"http://127.0.0.1:{self.stage.web_ports[0]}/c/{self.story.slug}/join"
        for name, address in self.applicants.items():
            form = {"organization": name, "country": "Togo", "contact": "Kim", "email": address}
            self.shown.to["who asks to sign"].append(post(page, form)[1])
            mail = eventually(lambda address=address: self.stage.mails(address))[0]  # type: ignore[misc]
            link = re.search(r"http://\S+/j/[\w=-]+", player.text_of(mail))
            assert link
            post(link[0], {"mail_code": player.code_in(mail)})
        eventually(lambda: self.story.organizers_mails("asks to sign"))
        self.story.types("admit", "Wetland Friends", "--yes")
        eventually(lambda: self.stage.mails(self.applicants["Wetland Friends"])[1:])

    def _adds_its_voice(self) -> None:
        """By the public form and the page behind the link; to type a wrong code first gives nothing away."""
        base, one = f"http://127.0.0.1:{self.stage.web_ports[0]}", self.person
        said = {"name": one.name, "words": one.words, "country": "Togo", "appearance": "named"}
        self.shown.to["pages of a person"].append(
            post(f"{base}/c/{self.story.slug}/voice", said | {"email": one.email})[1]
        )
        one.mail = eventually(lambda: self.stage.mails(one.email))[0]
        confirmed = said | {"choice": "add", "authorised": "yes"}
        for code in ("0", player.code_in(one.mail)):
            self.shown.to["pages of a person"].append(post(one.link(), confirmed | {"mail_code": code})[1])
        assert "Your voice counts" in self.shown.to["pages of a person"][-1]

    def _is_looked_at(self) -> None:
        """Every page at this moment, each by whom it is for, and what organizers type."""
        base = f"http://127.0.0.1:{self.stage.web_ports[0]}"
        if self.person.mail is not None:
            self.shown.to["pages of a person"].append(_opened(self.person.link()))
        for path in ("/c/rivers", "/c/rivers/join", "/c/rivers/voice", "/s/nonsense", "/nowhere", "/style.css"):
            self.shown.to[EVERYBODY].append(_opened(base + path))
        for partner in self.story.partners:
            links = [f"{partner.link()}{below}" for below in BELOW]
            links += re.findall(r"<(http[^>]+)>", str(partner.invitation()["List-Unsubscribe"]))
            for link in links:
                pages = [_opened(f"{link}?lang={language}") for language in ("en", "fr", "km")]
                self.shown.to[f"pages of {partner.acronym}"] += pages
        for command in (("status",), ("status", "--json"), ("notice",), ("export",)):
            self.shown.to[SCREEN].append(self.stage.types_anyway(command[0], self.story.slug, *command[1:]))


def _belongs(what: str, words: str, *whose: str, names: bool = False) -> Secret:
    """A secret of partners (by acronym) or others; organizers may read it on their screen.

    Names are in the database as they are.
    """
    kept = {DATABASE} if names else set()
    own = {place for one in whose for place in (one, *_places_of(one))}
    return Secret(what, words, frozenset({SCREEN, *kept, *own}))


def _places_of(acronym: str) -> list[str]:
    """Where a partner reads what is its own."""
    return [f"pages of {acronym}", f"post of {acronym}", *([REPLY] if acronym == "CCQX" else [])]


def _opened(url: str) -> str:
    """Status, headers and page."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_S) as answer:
            return f"{answer.status}\n{answer.headers}\n{answer.read().decode()}"
    except urllib.error.HTTPError as refused:
        return f"{refused.code}\n{refused.headers}\n{refused.read().decode()}"


def _all_of(mail: EmailMessage) -> str:
    """Headers, every text, and what the PDFs print."""
    found = [f"{name}: {value}" for name, value in mail.items()]
    for part in mail.walk():
        if part.get_content_maintype() == "text":
            found.append(str(part.get_content()))
        elif part.get_content_type() == "application/pdf":
            pages = pypdf.PdfReader(io.BytesIO(part.get_payload(decode=True) or b"")).pages  # type: ignore[arg-type]
            found += [str(part.get_filename()), *(page.extract_text() for page in pages)]
    return "\n".join(found)


def _everything_kept_in(url: str) -> list[str]:
    """Each value of each row; moments hide nothing, and their fractions look like mail codes."""
    with psycopg.connect(url) as connection:
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        values = [v for t in tables for row in connection.execute(f'SELECT * FROM "{t}"').fetchall() for v in row]
    kept = [v for v in values if v is not None and not isinstance(v, datetime)]
    return [v.decode("latin-1") if isinstance(v, bytes) else str(v) for v in kept]


class _everything_said_to:
    """What clients say to Redis meanwhile, as MONITOR repeats it."""

    def __init__(self, server: servers.Redis) -> None:
        self._client = redis.Redis.from_url(server.url())
        self._all: list[str] = []

    def said(self) -> str:
        """All of it, the task messages unwrapped."""
        said = "\n".join(self._all)
        bodies = re.findall(r'"body": "([A-Za-z0-9+/=]+)"', said.replace("\\", ""))
        assert bodies
        return "\n".join([said, *(base64.b64decode(body).decode() for body in bodies)])

    def __enter__(self) -> "_everything_said_to":
        self._listening = True
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening = False
        self._thread.join(timeout=10)

    def _listen(self) -> None:
        with self._client.monitor() as monitor:
            while self._listening:
                self._all.append(str(monitor.next_command()["command"]))


def _everything_in(server: servers.Redis) -> str:
    with redis.Redis.from_url(server.url()) as client:
        return b"".join(key + (client.dump(key) or b"") for key in client.scan_iter()).decode("latin-1")


@pytest.mark.parametrize("text", ["a code 1234567890123456.", "a code 1234 5678 9012 3456"])
def test_a_long_code_is_recognized(text: str) -> None:
    assert Secret("a long code", "1234567890123456", frozenset()).is_in(text)


@pytest.mark.parametrize("text", ["a code 123456.", "a code 123 456", "mail_code=123456&"])
def test_a_mail_code_is_recognized(text: str) -> None:
    assert Secret("a mail code", "123456", frozenset()).is_in(text)
    assert not Secret("a mail code", "123456", frozenset()).is_in("12:00:00.123456, <a123456b@127.0.0.1>")
