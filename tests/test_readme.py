"""README and the two pages behind it: what they say exists, exists, and each command in them is typed."""

import os
import re
import shlex
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer.main
import yaml
from sqlalchemy import select
from typer.testing import CliRunner

from tests import backups, desks, readme_picture, spreadsheets, voices
from tests.command_kinds import ASKS, DATA, KINDS, RUNS, TYPES_ITS_NAME
from tests.conftest import Clock
from tests.desks import SIGNED, Desk
from tests.mail_server import MailServer
from tests.stage import Organization
from tests.voices import a_member
from tests.word_files import p, word_file
from worker import db, settings, tasks
from worker.acts import correct_listing, join
from worker.acts.third_party_limits import Person
from worker.cli import console
from worker.cli.commands import app
from worker.models import Mail, Partner, ThirdPartyAddress
from worker.state.links import Link
from worker.text import markdown_lint
from worker.text.markdown import blocks

TOP = Path(__file__).resolve().parent.parent
PAGES = {name: (TOP / name).read_text() for name in ("README.md", "docs/organizing.md", "docs/operating.md")}
README, ORGANIZING, OPERATING = PAGES.values()
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
LINKED = sorted({"SECURITY.md", "CONTRIBUTING.md", *PAGES, *(f"docs/{path.name}" for path in TOP.glob("docs/*.md"))})
YOU = "you@organizers.example"  # in place of an address that may be somebody's
story_desk = desks.desk


@dataclass(frozen=True)
class Line:
    """A line of a block of commands, and the heading that it is below."""

    page: str
    heading: str
    typed: str

    @property
    def ours(self) -> list[str]:
        """The words after `undersigned`, also where a container runs it; none if it is another program's."""
        inside = r"docker (?:compose )?(?:run|exec)(?: .*)? (?:worker|letters|undersigned)"
        found = re.fullmatch(rf"(?:{inside} )?undersigned (.*?)(?: [<>] .*)?", self.typed)
        return shlex.split(found[1]) if found else []


def lines_of(page: str) -> Iterator[Line]:
    heading, block = "", False
    for line in PAGES[page].splitlines():
        if re.match(r"#+ ", line) and not block:
            heading = line.lstrip("# ")
        elif line.strip().startswith("```"):
            block = line.strip() == "```sh"
        elif block and line.strip():
            yield Line(page, heading, line.strip())


LINES = [line for page in PAGES for line in lines_of(page)]
TYPED = [line for line in LINES if line.ours]


def test_every_command_is_in_the_pages() -> None:
    mentioned = set(re.findall(r"undersigned ([a-z]+(?:-[a-z]+)*)\b", "".join(PAGES.values())))

    assert set(COMMANDS) <= mentioned
    assert mentioned - {"help", "organizations", "undersigned"} <= set(COMMANDS)
    assert not [command for command in COMMANDS if not re.search(rf"\b{command}\b", ORGANIZING + OPERATING)]


def test_every_make_target_in_the_pages_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (TOP / "Makefile").read_text(), re.M))

    said = "".join(PAGES.values()) + (TOP / "CONTRIBUTING.md").read_text()
    assert set(re.findall(r"(?:`|^)make ([a-z]+)\b", said, re.M)) <= targets


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_has_help_with_an_example(name: str) -> None:
    command = COMMANDS[name]

    assert f"undersigned {name}" in (command.help or ""), f"{name} shows no example"


def test_every_file_that_the_pages_name_exists() -> None:
    pattern = r"`((?:docs|worker|tests|campaigns|templates)/[\w./-]+|[A-Z]+\.md|\.env\.example)`"
    named = re.findall(pattern, "".join(PAGES.values()))

    assert named
    missing = [name for name in named if "river-2027" not in name and not (TOP / name).exists()]
    assert not missing


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", LINKED)
def test_every_link_between_pages_leads_somewhere(name: str) -> None:
    page = TOP / name
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`]*`", "", page.read_text(), flags=re.S)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), target
        assert not anchor or anchor in anchors(there), target


def test_readme_is_read_in_five_minutes() -> None:
    assert len(README.split()) <= 450
    ((alternative, picture),) = re.findall(r"!\[([^\]]+)\]\(([^)]+)\)", README)
    assert len(alternative) > 40
    assert TOP / picture == readme_picture.PICTURE
    assert readme_picture.PICTURE.stat().st_size < 100_000


def test_every_setting_is_in_the_table_as_it_is() -> None:
    rows = re.findall(r"^\| `UNDERSIGNED_(\w+)` \| (?:`(.*)`)? ?\| (.*) \|$", OPERATING, re.M)

    found = {name.lower(): (default, says) for name, default, says in rows}
    expected = {}
    for name, setting in settings.FIELDS.items():
        default = setting.default
        if isinstance(default, Path):
            default = default.relative_to(settings.CHECKOUT)
        written = f"{default:g}" if isinstance(default, float) else str(default)
        expected[name] = (written, setting.metadata["description"])
    assert found == expected


def test_what_the_pages_quote_of_the_program_is_said_by_it() -> None:
    cli = "".join(path.read_text() for path in (TOP / "worker" / "cli").rglob("*.py"))
    titles = re.findall(
        r"^- \*\*(.+?)\.\*\*", ORGANIZING.partition("### Emails that did not arrive")[2].partition("\n#")[0], re.M
    )

    assert len(titles) == 4
    for said in [*titles, "NO EMAIL IS SENT", "Nothing is running"]:
        assert said in ORGANIZING
        assert f'"{said}' in cli, said


def test_the_rules_for_all_commands_are_what_the_commands_keep() -> None:
    rules = ORGANIZING.partition("## Rules for all commands")[2]
    (data,) = re.findall(r"`--json` prints only data, from (.*?)\.", rules)
    (asks,) = re.findall(r"asks for the name of the campaign instead of `y`: (.*?)\.", rules)

    assert set(re.findall(r"`(\w+)", data)) == DATA
    assert set(re.findall(r"`(\w+)", asks)) == TYPES_ITS_NAME | {"resume", "admit", "members"}


def test_the_letter_that_is_shown_as_an_example_is_a_letter() -> None:
    (letter,) = re.findall(r"^```markdown\n(.*?)^```$", ORGANIZING, re.M | re.S)

    assert markdown_lint.problems(letter) == []
    assert {block["kind"] for block in blocks(letter)} >= {"heading", "table", "notes"}


# Every command is typed.


def said_within(text: str) -> list[list[str]]:
    """Commands in the midst of a sentence."""
    return [shlex.split(one)[1:] for one in re.findall(r"`(undersigned [^`]+)`", text)]


@pytest.mark.parametrize("page", PAGES)
def test_each_command_and_option_is_understood(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test-mail.eml").touch()
    for words in [*(line.ours for line in LINES if line.ours and line.page == page), *said_within(PAGES[page])]:
        name, *more = words
        if name != "help" and more:
            COMMANDS[name].make_context(name, more)


@dataclass
class Organizer(Desk):
    """Types the commands of a page in their order, and does between them what its text says."""

    servers: list[MailServer] = field(default_factory=list)

    def reads(self, section: str) -> None:
        for line in TYPED:
            if f"{line.page}: {line.heading}" == section:
                self.types_line(line)

    def types_line(self, line: Line) -> None:
        words = [YOU if word == "you@your.org" else word for word in line.ours if word != "--watch"]
        words = [word.removeprefix("/restore/") for word in words]
        words += ["--passphrase-file", "passphrase"] if {"restore", "--check"} & set(words) else []
        given = Path(line.typed.partition(" < ")[2] or os.devnull).read_text()
        if KINDS.get(words[0]) == RUNS:
            return  # the stories run it
        self.gets_ready(" ".join(words))
        if KINDS.get(words[0]) == ASKS and "--undo" not in words:
            words.append("--yes")
        ended = CliRunner().invoke(app, words, input=given)
        fine = {0, console.WAITS} if words[0] in {"status", "todo", "words"} else {0}
        assert ended.exit_code in fine, (line.typed, ended.output, ended.exception)
        assert not re.search("Nothing was done|nothing was changed|No letter is uncertain", ended.output), ended.output

    def gets_ready(self, typed: str) -> None:
        """What has happened, or what the organizer has done, before this is typed."""
        if typed.startswith("new "):
            shutil.rmtree(self.story.folder, ignore_errors=True)
            several = {"Partners": self.rows()} if "--sheet" in typed else {}
            Path("list.xlsx").write_bytes(spreadsheets.xlsx(self.rows(), **several))
        if re.match("(check|preview|launch) campaigns/river-2027", typed):
            self.fills_in()
        for pattern, happens in HAPPENS.items():
            if re.match(pattern, typed):
                happens(self)

    def rows(self) -> list[list[str]]:
        partners = [[one.organization, one.acronym, one.country, one.email] for one in self.story.partners]
        return [["organization", "acronym", "country", "email"], *partners]

    def fills_in(self) -> None:
        """Replace what `new` has written in capitals, and add what was not given to it."""
        folder = self.story.folder
        if not folder.exists():
            self.story.writes_its_folder()
        written = (folder / "campaign.toml").read_text()
        for placeholder, value in {
            "NAME OF THE CAMPAIGN": "The dam",
            "NAME OF THE COALITION": "River Coalition",
            "NAME OF THE ADDRESSEE": "Minister Ada Weir",
            '"OFFICE"': '"Minister of Water"',
            '["STREET", "TOWN", "COUNTRY"]': '["1 Lock Street"]',
            "Dear …,": "Dear Minister,",
            "secretariat@coalition.example": "people@rivers.example",
        }.items():
            written = written.replace(placeholder, value)
        (folder / "campaign.toml").write_text(written)
        if "River Watch" not in (folder / "partners.csv").read_text():
            (folder / "partners.csv").write_text(_list_as_csv(self.story.partners))


def _list_as_csv(partners: list[Organization]) -> str:
    rows = [f"{one.organization},{one.acronym},{one.country},,{one.email},en" for one in partners]
    return "\n".join(["organization,acronym,country,contact,email,language", *rows]) + "\n"


@pytest.fixture
def organizer(story_desk: Desk, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Organizer]:
    """Before the first command, in a folder with a letter from Word, a list, and the example campaign."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "out").mkdir()  # as `make secrets` makes it
    story = story_desk.story
    story.slug = "river-2027"
    names = {"RW": "River Watch", "CC": "Clean Coast"} | {
        f"F{number}": f"Friends of Lake {number}" for number in range(3, 17)
    }
    story.partners[:] = [Organization(story.stage, story, name, acronym, "Kenya") for acronym, name in names.items()]
    text = "We, the {{ count }} undersigned organizations, write to you for the people who live beside the river."
    (tmp_path / "letter.docx").write_bytes(word_file(p("The dam must wait", style="Title"), p(text)))
    french = "Nous, les {{ count }} organisations soussignées, vous écrivons pour les gens du fleuve."
    (tmp_path / "lettre.docx").write_bytes(word_file(p("Le barrage", style="Title"), p(french)))
    (tmp_path / "test-mail.eml").write_bytes(b"Authentication-Results: mx.example; spf=pass; dkim=pass\n\nA test.\n")
    shutil.copytree(TOP / "campaigns" / "cambodia-2023", tmp_path / "campaigns" / "cambodia-2023")
    made = Organizer(story, clock)
    yield made
    for server in made.servers:
        server.stop()


# What stands before a section is read.


def asked(organizer: Organizer) -> None:
    """Launched two days ago; each partner has its invitation, and what is done can be taken back for a minute."""
    organizer.launches()
    organizer.relay_accepts()
    organizer.clock.advance(days=2)
    settings.set_for_this_process(undo=60)


def folder(organizer: Organizer) -> None:
    settings.set_for_this_process(undo=60)


def signed(organizer: Organizer) -> None:
    asked(organizer)
    organizer.types("sign", "river-2027", "RW", *SIGNED)


def sealed(organizer: Organizer) -> None:
    signed(organizer)
    organizer.types("sign", "river-2027", "CC", *SIGNED)
    organizer.reaches_its_deadline()


def uncertain(organizer: Organizer) -> None:
    sealed(organizer)
    organizer.passes_its_review()
    organizer.does(tasks.dispatch)
    with db.transaction() as session:
        letter = session.scalars(select(Mail).where(Mail.kind == "letter")).one()
        letter.in_data_at = letter.uncertain_at = db.clock(session)
        letter.due_at = None


def sent(organizer: Organizer) -> None:
    sealed(organizer)
    organizer.passes_its_review()
    organizer.does(tasks.dispatch)
    organizer.relay_accepts()
    organizer.does(tasks.dispatch)
    organizer.does(tasks.report)
    organizer.relay_accepts()


def told_of_members(organizer: Organizer) -> None:
    sent(organizer)
    with db.transaction() as session:
        campaign = session.merge(organizer.campaign())
        campaign.definition = campaign.definition | {"members": "named"}
        for name in ("Dara Sok", "Vote for Us"):
            a_member(session, campaign, name)


def has_nothing_but_a_backup(organizer: Organizer) -> None:
    asked(organizer)
    backups.has_its_key()
    organizer.types("backup", "river.backup")
    _is_in_an_empty_place(organizer)


def _voices_came(organizer: Organizer) -> None:
    """Persons added theirs, some in their own words."""
    with db.transaction() as session:
        campaign = session.merge(organizer.campaign())
        campaign.definition = campaign.definition | {"members": "named", "public_page": "from launch"}
        voices.a_row(session, campaign, "rosa@home.example", appearance="named", words="We drink from this river.")
        voices.many(session, campaign, 12, "spam.example")


def opened_to_persons(organizer: Organizer) -> None:
    asked(organizer)
    _voices_came(organizer)


STAGES: dict[str, Callable[[Organizer], None]] = {
    "README.md: Your first campaign": folder,
    "docs/organizing.md: For organizers": folder,
    "docs/organizing.md: Make the folder": folder,
    "docs/organizing.md: The list of partners": folder,
    "docs/organizing.md: The letter from Word": folder,
    "docs/organizing.md: Check": folder,
    "docs/organizing.md: Preview": folder,
    "docs/organizing.md: Launch": folder,
    "docs/organizing.md: Follow the campaign": asked,
    "docs/organizing.md: What waits for you": asked,
    "docs/organizing.md: What was done, and by whom": asked,
    "docs/organizing.md: Emails that did not arrive": asked,
    "docs/organizing.md: Remind": asked,
    "docs/organizing.md: Move the deadline": asked,
    "docs/organizing.md: Change settings": asked,
    "docs/organizing.md: An answer by telephone": asked,
    "docs/organizing.md: Signal, WhatsApp or paper": asked,
    "docs/organizing.md: Several people in one organization": asked,
    "docs/organizing.md: Notes, and who looks after whom": asked,
    "docs/organizing.md: Two organizations with one name": asked,
    "docs/organizing.md: Ask more organizations": asked,
    "docs/organizing.md: Take one out": asked,
    "docs/organizing.md: Organizations that ask to sign": asked,
    "docs/organizing.md: Voices and own words": opened_to_persons,
    "docs/organizing.md: A person asks you, or voices are false": opened_to_persons,
    "docs/organizing.md: Partners at risk": asked,
    "docs/organizing.md: Change the letter or a name": signed,
    "docs/organizing.md: The deadline": signed,
    "docs/organizing.md: If somebody is in danger": signed,
    "docs/organizing.md: If nobody should decide alone": signed,
    "docs/organizing.md: Send the letter": sealed,
    "docs/organizing.md: Bring it yourself": sealed,
    "docs/organizing.md: Nobody knows whether it arrived": uncertain,
    "docs/organizing.md: Afterwards": sent,
    "docs/organizing.md: When the addressee replies": sent,
    "docs/organizing.md: What the addressee is told of members": told_of_members,
    "docs/organizing.md: Cancel the campaign": asked,
    "docs/organizing.md: Erase personal data": sent,
    "docs/organizing.md: A letter that will never be sent": signed,
    "docs/organizing.md: The desk": asked,
    "docs/operating.md: Install": folder,
    "docs/operating.md: Without Docker, to look around": folder,
    "docs/operating.md: In one container, to look around": folder,
    "docs/operating.md: Try everything": folder,
    "docs/operating.md: Commands on the server": folder,
    "docs/operating.md: Processes": folder,
    "docs/operating.md: Make backups": asked,
    "docs/operating.md: Restore": has_nothing_but_a_backup,
}


def _writes_words(organizer: Organizer) -> None:
    with db.transaction() as session:
        campaign = session.merge(organizer.campaign())
        voices.a_row(session, campaign, "ada@home.example", words="So do we.")


def _is_in_an_empty_place(organizer: Organizer) -> None:
    """With nothing but the backup, and the paper with the passphrase."""
    Path("passphrase").write_text(backups.PASSPHRASE)
    backups.another_place(Path(f"place-{time.monotonic_ns()}").absolute())


def _has_the_paper(organizer: Organizer) -> None:
    backups.has_its_key()  # in the place of the one that was just made, of which nobody noted the passphrase
    Path("passphrase").write_text(backups.PASSPHRASE)


def _later(organizer: Organizer) -> None:
    """Nobody is mailed twice within ten minutes."""
    organizer.relay_accepts()
    organizer.clock.advance(minutes=11)


def _wishes(organization: str, *, confirmed: bool) -> Callable[[Organizer], None]:
    def happens(organizer: Organizer) -> None:
        with db.transaction() as session:
            campaign = session.merge(organizer.campaign())
            campaign.definition = campaign.definition | {"join": "approved", "public_page": "from launch"}
            session.flush()
            email = f"office@{organization.split()[0].lower()}.example"
            who = Person(email, "en", organization=organization, country="Kenya", contact="Kim")
            join.ask_to_join(session, campaign.id, who)
            last = session.scalars(select(ThirdPartyAddress).order_by(ThirdPartyAddress.id.desc())).first()
            assert last is not None
            if confirmed:
                join.confirm_wish(session, last.id)

    return happens


def _edits_the_letter(organizer: Organizer) -> None:
    for path in organizer.story.folder.glob("letter.*.md"):
        text = path.read_text()
        path.write_text(text.replace("clean rivers.", "clean rivers at once.").replace("demandons.", "demandons vite."))


def _asks_for_another_name(organizer: Organizer) -> None:
    with db.transaction() as session:
        partner = session.scalars(select(Partner).where(Partner.acronym == "RW")).one()
        other = correct_listing.Listing(
            **vars(correct_listing.present_listing(partner)) | {"organization": "River Watchers"}
        )
        correct_listing.change_listing(session, partner.id, other, link=Link(partner.generation))


def _withdraws(organizer: Organizer) -> None:
    organizer.types("withdraw", "river-2027", "CC", "--note", "call", "--yes")


def _has_a_relay(organizer: Organizer) -> None:
    server = MailServer(Path("caught").absolute())
    settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{server.start()}")
    organizer.servers.append(server)


def _is_sealed(organizer: Organizer) -> None:
    if organizer.campaign().closed_at is None:
        organizer.types("sign", "river-2027", "CC", *SIGNED)
        organizer.reaches_its_deadline()


def _has_a_list(organizer: Organizer) -> None:
    Path("more.csv").write_text("organization,email\nLake Friends,office@lake.example\n")


def _ends_its_hold(organizer: Organizer) -> None:
    organizer.types("resume", "river-2027", "--yes")


HAPPENS: dict[str, Callable[[Organizer], None]] = {
    "resend river-2027 --partner": _later,
    "admit river-2027 'Lake": _wishes("Lake Friends", confirmed=True),
    "admit river-2027 Lake": _wishes("Lake Friends", confirmed=True),
    "admit river-2027 Hill": _wishes("Hill Farmers", confirmed=True),
    "add river-2027 more": _has_a_list,
    "admit river-2027 --forget": _wishes("Nobody Known", confirmed=False),
    "amend river-2027 --letter --typo": _edits_the_letter,
    "amend river-2027 --partner River Watch --name": _asks_for_another_name,
    "notice ": _withdraws,
    "preview .* --send-to": _has_a_relay,
    "export river-2027 --documents": _is_sealed,
    "close ": _ends_its_hold,
    "words river-2027$": _writes_words,
    "backup (river|-)": _has_the_paper,
    "restore ": _is_in_an_empty_place,
}


def test_every_section_with_commands_has_its_stage() -> None:
    assert STAGES.keys() == {f"{line.page}: {line.heading}" for line in TYPED}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("section", STAGES)
def test_each_command_does_what_its_section_says(section: str, organizer: Organizer) -> None:
    STAGES[section](organizer)

    organizer.reads(section)


# What is not ours.

SERVICES = yaml.safe_load((TOP / "docker-compose.yml").read_text())["services"]
OTHERS = [line for line in LINES if not line.ours]


def test_each_command_of_docker_names_what_is_there() -> None:
    composed = [shlex.split(line.typed) for line in LINES if line.typed.startswith("docker compose")]

    assert composed
    profiles = {profile for service in SERVICES.values() for profile in service.get("profiles", ())}
    for words in composed:
        match words[2:]:
            case ["--profile", profile, "up"]:
                assert profile in profiles
            case ["run", *more] if "undersigned" in more:
                assert more[more.index("undersigned") - 1] == "worker"
            case ["up" | "stop" | "build", *more]:
                assert {word for word in more if not word.startswith("-")} <= set(SERVICES)
            case _:
                pytest.fail(shlex.join(words))


def test_each_other_command_is_one_that_is_tried_here() -> None:
    ours = re.compile(r"make (demo|up|wheel|secrets)|docker (compose|build|logs|start|stop) .*")
    by_hand = [line.typed for line in LINES if line.heading == "Open a backup without this program"]

    assert [line.typed for line in OTHERS if not ours.fullmatch(line.typed)] == by_hand
    for line in OTHERS:
        if line.typed.startswith("make ") and shutil.which("make"):
            would = subprocess.run(
                [*shlex.split(line.typed), "--dry-run"], cwd=TOP, capture_output=True, text=True, check=True
            )
            target = line.typed.split()[1]
            runs = {"wheel": "pip wheel", "secrets": "keep secret_key"}
            assert runs.get(target, f"undersigned {target}") in would.stdout


@pytest.mark.skipif(backups.AGE is None, reason="age is not on this machine")
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_backup_is_opened_without_this_program(story_desk: Desk, tmp_path: Path) -> None:
    story_desk.launches()
    backups.has_its_key()
    place = tmp_path / "by-hand"
    place.mkdir()
    story_desk.types("backup", str(place / "river.backup"))

    lines = [line.typed for line in LINES if line.heading == "Open a backup without this program"]
    done = backups.types_passphrase(["sh", "-ec", "\n".join(lines)], place)

    assert done.returncode == 0, done.stdout
    assert settings.current().secret_key in (place / "secrets.json").read_text()
    assert "River Watch" in (place / "tables" / "partner" / "000001.jsonl").read_text()
    assert (place / "campaigns" / "rivers" / "partners.csv").read_text().count("\n") == 4
    named = OPERATING.partition("### Open a backup without this program")[2].partition("\n## ")[0]
    for name in ("manifest.json", "secrets.json", "settings.json", "tables", "campaigns"):
        assert f"`{name}" in named
        assert (place / name).exists()
