"""The letter on paper: pages as PDF, set by typst."""

import dataclasses
import functools
import io
import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from worker import settings
from worker.wording.sheet import Sheet

if TYPE_CHECKING:
    import typst


def as_pdf(sheet: Sheet, sealed_at: datetime) -> bytes:
    """Set a letter as PDF; the same sheet and moment give the same bytes.

    `sealed_at` carries its zone. Needs no network, and reads no file but the letter's template and fonts.
    """
    return _packed(as_written(sheet, sealed_at))


def as_written(sheet: Sheet, sealed_at: datetime) -> bytes:
    """Set the same letter as typst writes it: larger, and the names of its fonts can be read in the bytes."""
    pdf = _set(sheet, sealed_at, format="pdf")
    assert isinstance(pdf, bytes)
    return pdf


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


def _packed(pdf: bytes) -> bytes:
    """Compress the tags, which typst writes plainly: thousands of objects, most of the bytes of a long list."""
    import pikepdf

    packed = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as written:
        mode = pikepdf.ObjectStreamMode.generate
        written.save(packed, object_stream_mode=mode, deterministic_id=True, fix_metadata_version=False)
    return packed.getvalue()


@functools.cache
def _fonts() -> "typst.Fonts":
    """Only what we ship: what typst brings (Libertinus Serif), and Noto Sans Khmer."""
    import fontpkg_noto_sans_khmer
    import typst

    khmer = fontpkg_noto_sans_khmer.ROOT / "files"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(khmer)])
