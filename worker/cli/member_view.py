"""How the persons who add their voices are shown: as numbers, for a terminal, for programs and for a spreadsheet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from worker.cli import status_json
from worker.cli.status_view.persons import answers, digest_lines, not_counted, voices, words_line
from worker.models import Campaign
from worker.state.member_counts import FEW, Breakdown
from worker.state.member_status import MemberStatus
from worker.text import countries, formulas
from worker.text.languages import LANGUAGES
from worker.wording.acts.members import kept_out
from worker.wording.voices import door_sentence

COLUMNS = ("what", "which", "voices")


@dataclass(frozen=True)
class Found:
    """What is shown of one campaign; `told`: how many the addressee was told of last, null before the first time.

    `kept_out`: how many wait whose email domain was dropped.
    """

    campaign: Campaign
    now: datetime
    status: MemberStatus
    breakdown: Breakdown
    told: int | None
    kept_out: int


def as_lines(found: Found) -> Iterator[RenderableType]:
    """What `members` prints: no person is in it."""
    campaign, counts = found.campaign, found.status.counts
    yield Text(campaign.title, style="bold")
    yield Text(f"{campaign.slug}: {voices(counts)}")
    yield Text(f"{door_sentence(found.status.shut)}.")
    if dropped := kept_out(campaign.dropped_domains or (), found.kept_out):
        yield Text(dropped)
    if counts.named:
        yield Text(f"  {counts.named:,} to be named to the addressee")
    yield from (Text(f"  {line}") for line in not_counted(counts))
    if found.told is not None:
        yield Text(f"  {found.told:,} told to the addressee")
    if found.status.digests:
        yield from digest_lines(found.status.digests, campaign, found.now)
    yield from answers(found.status, campaign, found.now)
    if counts.words_waiting:
        yield words_line(campaign.slug, counts.words_waiting)
    yield from _table("country", _countries(found.breakdown), counts.counting)
    yield from _table("language", _languages(found.breakdown), counts.counting)
    if found.breakdown.domains:
        yield from _table("email domain", found.breakdown.domains, counts.counting)
        yield Text(f"Domains with fewer than {FEW} voices are not shown.")


def as_json(found: Found) -> dict[str, Any]:
    """The same as data."""
    return {
        "campaign": found.campaign.slug,
        **status_json.members_as_json(found.status, found.campaign),
        "told": found.told,
        "dropped_domains": found.campaign.dropped_domains or [],
        "kept_out": found.kept_out,
        **vars(found.breakdown),
    }


def as_rows(found: Found) -> list[dict[str, str]]:
    """The same as rows of a spreadsheet."""
    groups: dict[str, Mapping[str, int]] = {
        "all": vars(found.status.counts) | ({} if found.told is None else {"told": found.told}),
        "country": _countries(found.breakdown),
        "language": _languages(found.breakdown),
        "email domain": found.breakdown.domains,
    }
    cells = [(what, which, str(number)) for what, numbers in groups.items() for which, number in numbers.items()]
    return [dict(zip(COLUMNS, map(formulas.harmless, row), strict=True)) for row in cells]


def _countries(breakdown: Breakdown) -> dict[str, int]:
    called = {"": "not said", "other": f"other (unknown, or fewer than {FEW} each)"}
    return {
        called.get(code) or countries.country_of(code, "en"): number for code, number in breakdown.countries.items()
    }


def _languages(breakdown: Breakdown) -> dict[str, int]:
    return {LANGUAGES[code].name if code in LANGUAGES else code: number for code, number in breakdown.languages.items()}


def _table(title: str, numbers: Mapping[str, int], of: int) -> Iterator[RenderableType]:
    if not numbers:
        return
    table = Table(box=None, pad_edge=False)
    table.add_column(title, overflow="fold")
    table.add_column("voices", justify="right", no_wrap=True)
    table.add_column("", justify="right", no_wrap=True)
    for which, number in numbers.items():
        table.add_row(Text(which), Text(f"{number:,}"), Text(f"{number / of:.0%}" if of else ""))
    yield Text()
    yield table
