"""The picture in README: two views of a partner's page on a phone, as `preview --partner` writes it.

Needs Debian's chromium, and writes docs/partner-page.png anew: `.venv/bin/python -m tests.readme_picture`
"""

import base64
import io
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import CHROMIUM
from worker import settings
from worker.cli.campaign_folder import read_folder
from worker.cli.preview_partner import preview_for

PICTURE = settings.CHECKOUT / "docs" / "partner-page.png"
PHONE = {"width": 390, "height": 780}
COLOURS = 32  # of text on a page; the file is a fifth of what it is with all shades
_DEFINITION = """
title = "The dam at Upper Falls"
authentic = "en"
deadline = 2040-02-26T18:00:00
zone = "Europe/Zurich"
reply_to = "secretariat@rivers.example"
from_name = "Joint letters"
reminders = ["7d"]
quorum = 1
review = "2h"

[sender]
name = "Rivers Secretariat"
lines = ["on behalf of the undersigned organizations"]

[[addressee]]
name = "Minister Ada Weir"
office = "Minister of Water"
address = ["1 Lock Street", "Upper Falls"]
salutation = "Dear Minister,"
email = "minister@water.example"
"""
_LETTER = """# The dam at Upper Falls must wait

We, the {{ count }} undersigned organizations, ask you to stop the works at Upper Falls until the study of the river \
is public, and those who live beside it have been heard.

Yours sincerely,
"""
_PARTNERS = """organization,acronym,country,contact,email,language
Clean Coast,CC,France,,office@coast.example,en
Lake Friends,LF,Kenya,,office@lakes.example,en
River Watch,RW,Canada,Ms Lee,office@rivers.example,en
"""


def take(browser: Browser, folder: Path) -> bytes:
    """The head of the page and its form, side by side."""
    for name, content in (
        preview_for(read_folder(_campaign(folder), _in_four_weeks(), None, None), "RW").files().items()
    ):
        (folder / name).write_bytes(content)
    page = browser.new_page(viewport={"width": PHONE["width"], "height": PHONE["height"]}, device_scale_factor=1)
    page.goto(f"file://{folder}/page.html")
    views = [page.screenshot()]
    page.locator('[name="choice"][value="sign"]').check()
    page.evaluate("document.querySelector('form').scrollIntoView()")
    views.append(page.screenshot())
    shown = "".join(f'<img src="data:image/png;base64,{base64.b64encode(view).decode()}">' for view in views)
    page.set_viewport_size({"width": 2 * PHONE["width"] + 60, "height": PHONE["height"] + 40})
    page.set_content(
        "<style>body{margin:0;padding:20px;display:flex;gap:20px;background:#e8e8e8}"
        f"img{{border-radius:12px;display:block}}</style>{shown}"
    )
    return page.screenshot()


def _in_four_weeks() -> str:
    return f"{datetime.now(UTC) + timedelta(weeks=4):%Y-%m-%dT18:00}"


def _campaign(folder: Path) -> Path:
    campaign = folder / "upper-falls"
    campaign.mkdir()
    files = {"campaign.toml": _DEFINITION, "letter.en.md": _LETTER, "partners.csv": _PARTNERS}
    for name, text in files.items():
        (campaign / name).write_text(text, encoding="utf-8")
    return campaign


def smaller(picture: bytes) -> bytes:
    packed = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(
        packed, "PNG", optimize=True
    )
    return packed.getvalue()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        settings.only_for_this_process(data_dir=folder)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        PICTURE.write_bytes(smaller(take(browser, Path(folder))))
        browser.close()
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
