"""axe-core in Debian's chromium: what it finds wrong with a page, in every size and scheme."""

import json
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Literal, get_args

import pytest
from playwright.sync_api import Browser, Page

from tests.conftest import CHROMIUM
from worker import settings

WANTED = Path(__file__).parent / "axe"
PINNED = json.loads((WANTED / "package.json").read_text())["dependencies"]["axe-core"]
AXE = settings.CHECKOUT / "var" / "axe" / "node_modules" / "axe-core"

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RULES = {"type": "tag", "values": TAGS}
RULES_ON_COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
Scheme = Literal["light", "dark"]
Look = tuple[tuple[int, int], Scheme]
LOOKS: list[Look] = list(product([(360, 740), (1280, 800)], get_args(Scheme)))


def axe_is_installed() -> bool:
    manifest = AXE / "package.json"
    return manifest.exists() and json.loads(manifest.read_text())["version"] == PINNED


with_axe = pytest.mark.skipif(
    CHROMIUM is None or not axe_is_installed(),
    reason=f"{'chromium' if CHROMIUM is None else f'axe-core {PINNED} (tests/axe/install)'} is not "
    f"installed: no page in any language, size or scheme was held against {', '.join(TAGS)}",
)


RUN_AXE = """async (rules) => {
  await document.fonts.ready;
  const found = await axe.run(document, { runOnly: rules, resultTypes: ["violations", "incomplete"], preload: false });
  const told = ({ id, nodes }) => nodes.map((node) => [id, node.target.join(" "), node.html, node.failureSummary]);
  return {
    wrong: found.violations.flatMap(told),
    unsure: found.incomplete.flatMap(told),
    held: found.passes.map((rule) => rule.id),
  };
}"""


@pytest.fixture(scope="module")
def seen_by_axe(chromium: Browser) -> Iterator[Page]:
    """Brings axe-core along wherever it goes, past what a page may load."""
    context = chromium.new_context()
    context.add_init_script(path=AXE / "axe.min.js")
    yield context.new_page()
    context.close()


def violations(page: Page, where: str = "", looks: Sequence[Look] = LOOKS) -> list[str]:
    """What axe-core finds, and what it cannot decide; in the dark only colours can differ."""
    found = []
    for (width, height), scheme in looks:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)
        seen = page.evaluate(RUN_AXE, RULES if scheme == "light" else RULES_ON_COLOURS)
        for rule, target, html, why in (*seen["wrong"], *seen["unsure"]):
            found.append(f"{rule}: {where} {width}x{height} {scheme}: {target}: {html}: {why}")
        assert "color-contrast" in {*seen["held"], *rules_of(found)}, "it has looked"
    return found


def rules_of(found: list[str]) -> set[str]:
    return {line.partition(":")[0] for line in found}
