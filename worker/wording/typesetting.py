"""Pages set by typst and packed by pikepdf; it imports nothing of ours, so that a child process begins quickly."""

import functools
import io
import json
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import typst


def as_pdf(job: bytes) -> bytes:
    """Set and pack what `letter_pdf` describes as JSON: the folder of the template, a sheet, and a moment."""
    return _packed(cast(bytes, as_written(job, format="pdf")))


def as_written(job: bytes, **options: Any) -> bytes | list[bytes]:
    """Set the same, as typst writes it with these options."""
    import typst

    described = json.loads(job)
    pages: bytes | list[bytes] = typst.compile(
        f"{described['folder']}/letter.typ",
        root=described["folder"],
        font_paths=_fonts(),
        sys_inputs={"sheet": described["sheet"]},
        timestamp=described["timestamp"],
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
