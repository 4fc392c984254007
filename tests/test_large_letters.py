"""A large letter is set in a process that ends: the same bytes, without its memory, and tried again if it fails."""

import io
import pickle
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sqlalchemy import func, select

from tests import cast, children
from worker import db
from worker.acts.close import close_and_seal
from worker.child_process import ChildFailed
from worker.cli import errors
from worker.models import Campaign, Seal
from worker.state.due import due_acts
from worker.text import markdown
from worker.wording import letter_pdf, typesetting
from worker.wording.sheet import Confidential, Sheet

TOP = Path(__file__).parents[1]
SEALED = datetime(2023, 4, 14, 16, 0, tzinfo=UTC)
NAMES = {
    "en": "River Watch of the Lower Valley (RWLV), Kenya",
    "fr": "Association « L’Été » pour les droits de l’homme (AEDH), Sénégal",
    "km": "សហភាពខ្មែរដើម្បីប្រជាធិបតេយ្យនិងសិទ្ធិមនុស្ស (សខប), កម្ពុជា",
}


def a_large_sheet(language: str) -> Sheet:
    return Sheet(
        language=language,
        sender=["Secretariat"],
        addressee=["Ada Weir", "Palais des Nations"],
        date="14 April 2023",
        salutation="Dear Ada Weir,",
        subject="A letter that many sign",
        body=markdown.blocks("We **ask** you.[^1]\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[^1]: As before."),
        list_heading="Signatories",
        signatories=[f"{NAMES[language]} {number}" for number in range(900)],
        confidential=Confidential("For you alone", "In confidence", [NAMES["km"]], "Confidential"),
    )


@pytest.mark.parametrize("language", NAMES)
def test_a_large_letter_is_the_same_bytes_as_in_this_process(language: str) -> None:
    job = letter_pdf._job(a_large_sheet(language), SEALED)
    assert len(job) > letter_pdf.LARGE

    set_by_a_child = letter_pdf.as_pdf(a_large_sheet(language), SEALED)

    assert set_by_a_child == typesetting.as_pdf(job)
    assert pypdf.PdfReader(io.BytesIO(set_by_a_child)).trailer["/Root"]["/MarkInfo"]["/Marked"]  # type: ignore[index]


def test_who_has_a_large_letter_set_loads_nothing_that_it_takes(tmp_path: Path) -> None:
    loaded = _loaded_after(
        "import pickle; from worker.wording import letter_pdf; "
        "letter_pdf.as_pdf(*pickle.load(open(sys.argv[1], 'rb')))",
        tmp_path,
        pickle.dumps((a_large_sheet("en"), SEALED)),
    )

    assert not {"typst", "pikepdf", "fontpkg_noto_sans_khmer"} & loaded


def test_who_sets_it_loads_nothing_else_of_the_program(tmp_path: Path) -> None:
    loaded = _loaded_after(
        "from worker import child_process; from worker.wording import typesetting; "
        "typesetting.as_pdf(open(sys.argv[1], 'rb').read())",
        tmp_path,
        letter_pdf._job(a_large_sheet("en"), SEALED),
    )

    ours = {name for name in loaded if name.partition(".")[0] == "worker"}
    assert ours == {"worker", "worker.child_process", "worker.wording", "worker.wording.typesetting"}
    assert not {"sqlalchemy", "celery", "jinja2", "pydantic"} & loaded


def _loaded_after(code: str, folder: Path, given: bytes) -> set[str]:
    """The modules of a fresh process."""
    (folder / "given").write_bytes(given)
    command = [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)", str(folder / "given")]
    return set(subprocess.run(command, cwd=TOP, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("breaks", "reason"),
    [(children.kill_itself, "memory"), (children.sleep, "time"), (children.print_rubbish, "crash")],
)
def test_a_letter_that_could_not_be_set_is_sealed_by_the_next_sweep(
    breaks: Callable[[bytes], Any], reason: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session, partners=("Alder",))
        cast.signs(session, campaign.partners[0])
        cast.passes_its_deadline(session, campaign, closed=False)
        campaign_id = campaign.id
    monkeypatch.setattr(letter_pdf, "LARGE", 0)
    monkeypatch.setattr(letter_pdf, "MAX_SECONDS", 1 if reason == "time" else 30)

    with monkeypatch.context() as broken:
        broken.setattr(typesetting, "as_pdf", breaks)
        with pytest.raises(ChildFailed) as caught:
            close_and_seal(campaign_id)

    assert str(errors.sentence(caught.value)).startswith("The letter could not be set as PDF: ")
    assert caplog.messages == [f"a large letter was not set as PDF: reason={reason}"]
    with db.reading() as session:
        assert session.get_one(Campaign, campaign_id).closed_at is not None
        assert session.scalar(select(func.count()).select_from(Seal)) == 0
        assert ("close", campaign_id) in due_acts(session)
    assert close_and_seal(campaign_id) == 1
