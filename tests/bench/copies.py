"""How much memory a worker takes that sends each signer its copy of the letter, beside the same worker idle."""

from collections.abc import Iterator
from contextlib import ExitStack

from tests.bench import databases, fetched, postfix, workers, year
from tests.bench.rounds import Comparison, Extent
from worker import db, settings
from worker.acts import close, dispatch, report
from worker.acts.invite import BATCH


def measure(extent: Extent) -> Iterator[Comparison]:
    """One round: a worker that has sent copies once does not become small again."""
    tools, _ = fetched.if_there(lambda: postfix.programs(may_fetch=extent.fetches))
    with ExitStack() as stack:
        folder = stack.enter_context(databases.in_use("PostgreSQL"))
        port = stack.enter_context(postfix.sink_or_ours(tools, folder))
        settings.set_for_this_process(smtp_url=f"smtp://127.0.0.1:{port}")
        crew = stack.enter_context(workers.at_work(folder, 1))
        idle = crew.megabytes()
        campaign_id = year.signed_by_all(extent.copies)
        size = _the_letter_is_brought(campaign_id)
        workers.tidy()
        while _put(campaign_id) == BATCH:
            pass
        drain = crew.drain()
    assert drain.sent > extent.copies, drain  # and the organizers' mails
    note = f"{extent.copies:,} copies, each with a PDF of {size / 1e6:.1f} MB"
    yield Comparison("worker's memory, copies", [drain.megabytes], "idle", [idle], "megabytes", note)


def _put(campaign_id: int) -> int:
    with db.transaction() as session:
        return report.put_copies(session, campaign_id)


def _the_letter_is_brought(campaign_id: int) -> int:
    """Seal it, and note that it is with its addressee; returns the size of the PDF that goes to all."""
    assert close.close_and_seal(campaign_id, early=True)
    with db.transaction() as session:
        dispatch.note_brought_by_hand(session, campaign_id)
    return year.size_of_pdf(campaign_id)
