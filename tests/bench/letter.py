"""The letter as PDF, against typst alone with the same list in the plainest document, and its bytes without tags."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import typst

from tests.bench import campaign
from tests.bench.rounds import Comparison, Extent, interleaved
from worker import settings
from worker.text import plain_text
from worker.wording import letter_pdf, typesetting
from worker.wording.sheet import Sheet

SEALED_AT = datetime(2023, 4, 14, 16, tzinfo=UTC)
TIMEOUT_S = 120  # seconds for one process
ON_ONE_LINE = 100_000  # columns: typst breaks a line where its source string does


def measure(extent: Extent) -> Iterator[Comparison]:
    """One length of the list after the other; each compilation in a process of its own, for typst remembers."""
    for names in extent.names:
        sides = {by: partial(_in_a_process, by, names) for by in _COMPILERS}
        taken = interleaved(extent, **sides)
        yield Comparison(f"PDF of {names:,} names", taken["ours"], "typst alone", taken["typst"], "seconds")
    yield from map(_bytes, extent.names)


def _bytes(names: int) -> Comparison:
    """One round: the same letter is the same bytes."""
    sheet = campaign.sheet(names)
    untagged = letter_pdf.as_written(sheet, SEALED_AT, pdf_tags=False)
    sizes = len(_ours(sheet)) / 1e3, len(untagged) / 1e3
    return Comparison(f"bytes of PDF, {names:,} names", [sizes[0]], "without tags", [sizes[1]], "kilobytes")


def _in_a_process(by: str, names: int) -> float:
    command = [sys.executable, "-m", __name__, by, str(names)]
    done = subprocess.run(command, check=True, timeout=TIMEOUT_S, stdout=subprocess.PIPE, cwd=settings.CHECKOUT)
    return float(done.stdout)


def _ours(sheet: Sheet) -> bytes:
    return typesetting.as_pdf(letter_pdf._job(sheet, SEALED_AT))


def _typst(sheet: Sheet) -> bytes:
    made: bytes = typst.compile(_plainest(sheet).encode(), font_paths=_FONTS)
    return made


_COMPILERS: dict[str, Callable[[Sheet], bytes]] = {"ours": _ours, "typst": _typst}
_FONTS = typst.Fonts(include_system_fonts=False)


def _plainest(sheet: Sheet) -> str:
    """Heading, paragraphs and numbered list; texts stand in quotes, so that nothing in them is markup."""
    paragraphs = [_quoted(paragraph) for paragraph in plain_text.to_text(sheet.body, ON_ONE_LINE).split("\n\n")]
    names = [f"+ {_quoted(name)}" for name in sheet.signatories]
    return "\n\n".join(['#set page(paper: "a4")', f"= {_quoted(sheet.subject)}", *paragraphs, "\n".join(names)])


def _quoted(text: str) -> str:
    return f"#{json.dumps(text, ensure_ascii=False)}"


def _seconds(by: str, names: int) -> float:
    """Compile once, with fonts and template warm and nothing else."""
    compiled, sheet = _COMPILERS[by], campaign.sheet(names)
    compiled(replace(sheet, subject="warm", body=[], signatories=[]))
    begun = time.perf_counter()
    compiled(sheet)
    return time.perf_counter() - begun


if __name__ == "__main__":
    print(_seconds(sys.argv[1], int(sys.argv[2])))
