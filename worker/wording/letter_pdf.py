"""The letter on paper: pages as PDF, and the same pages as pictures, set by typst."""

import dataclasses
import functools
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worker import settings
from worker.text.glyphs import unprintable
from worker.wording.sheet import Sheet

__all__ = ["as_pdf", "as_png", "unprintable"]

if TYPE_CHECKING:
    import typst

PREVIEW_DOTS = 110.0  # an inch


def as_pdf(sheet: Sheet, sealed_at: datetime) -> bytes:
    """Set a letter as PDF; the same sheet and moment give the same bytes.

    `sealed_at` carries its zone. Needs no network, and reads no file but the letter's template and fonts.
    """
    pdf = _set(sheet, sealed_at, format="pdf")
    assert isinstance(pdf, bytes)
    return pdf


def as_png(sheet: Sheet, sealed_at: datetime) -> list[bytes]:
    """Set a letter as pictures, one a page, for previews."""
    pages = _set(sheet, sealed_at, format="png", ppi=PREVIEW_DOTS)
    return [pages] if isinstance(pages, bytes) else pages


def _set(sheet: Sheet, sealed_at: datetime, **options: Any) -> bytes | list[bytes]:
    import typst

    if sealed_at.tzinfo is None:
        raise ValueError("sealed_at needs its zone")
    folder = settings.current().templates_dir / "letter"
    pages: bytes | list[bytes] = typst.compile(
        str(folder / "letter.typ"),
        root=str(folder),
        font_paths=_fonts(),
        sys_inputs={"sheet": json.dumps(dataclasses.asdict(sheet))},
        timestamp=int(sealed_at.timestamp()),
        **options,
    )
    return pages


@functools.cache
def _fonts() -> "typst.Fonts":
    """Only what we ship: what typst brings (Libertinus Serif), and Noto Sans Khmer."""
    import fontpkg_noto_sans_khmer
    import typst

    khmer = fontpkg_noto_sans_khmer.ROOT / "files"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(khmer)])
