"""One definition of a campaign, for those who launch it without a folder."""

from datetime import datetime, timedelta

from worker.definition.campaign import Definition
from worker.definition.campaign_keys import Addressee, Sender
from worker.definition.partners import PartnerRow
from worker.models import Members

TEXT = "# Clean rivers\n\nWe, the {{ count }} undersigned, ask for *clean* rivers.\n\nRespectfully,\n"


def a_definition(
    partners: list[PartnerRow],
    now: datetime,
    *,
    slug: str = "rivers",
    copies: int = 0,
    letters: tuple[str, ...] = ("en", "fr"),
    review: timedelta = timedelta(hours=2),
    members: Members = "closed",
) -> Definition:
    """Open for two weeks from now, to one addressee and so many who get a copy."""
    copied = [Addressee("Eve", "Office", ["Rome"], "", f"copy-{n}@office.example", True) for n in range(1, copies + 1)]
    return Definition(
        slug=slug,
        title="Clean rivers",
        authentic="en",
        deadline=now + timedelta(days=14),
        zone="Europe/Zurich",
        reply_to="secretariat@rivers.example",
        from_name="Joint letters",
        reminders=[timedelta(days=3)],
        quorum=1,
        review=review,
        visibility=["public", "addressee", "counted"],
        sender=Sender("River Coalition", ["on behalf of all"]),
        addressees=[Addressee("Ada", "Office", ["Geneva"], "Dear Ada,", "rapporteur@office.example", False), *copied],
        letters=dict.fromkeys(letters, TEXT),
        partners=partners,
        remarks=[],
        members=members,
        public_page="never" if members == "closed" else "from launch",
    )
