"""What a page or an act of the organizers' desk takes as the list grows, on either database."""

from collections.abc import Callable, Iterator
from functools import partial
from statistics import median
from typing import Any

from sqlalchemy import delete, insert, select, update

from tests import voices
from tests.bench import databases, workers, year
from tests.bench.growth import processor_seconds
from tests.bench.rounds import Comparison, Extent, interleaved
from tests.organizers import DeskBrowser, add
from worker import db
from worker.models import Answer, AuditEvent, Campaign, Mail, Partner

OWN_WORDS = 40  # that wait for a person
Taken = dict[str, float]


class Desk:
    """A browser of an owner, at one campaign."""

    def __init__(self, campaign_id: int) -> None:
        name = f"Maly {campaign_id}"
        add(name, f"maly-{campaign_id}@rivers.example", {campaign_id: "owner"}, may_send=True)
        self.browser, self.place = DeskBrowser(), f"/desk/campaigns/{campaign_id}"
        self.browser.enters(name)
        with db.reading() as session:
            its = select(Partner.id).where(Partner.campaign_id == campaign_id).order_by(Partner.id).limit(1)
            self.partner = f"{self.place}/partners/{session.scalars(its).one()}"
            letter = session.get_one(Campaign, campaign_id).letter
            self.letter = {f"letter-{language}": f"{text}\n\nThank you." for language, text in letter.texts.items()}
            self.letter |= {"version": str(letter.version), "shown": "yes", "kind": "meaning"}

    def looks(self, path: str = "") -> str:
        return self.reads(self.place + path)

    def reads(self, path: str) -> str:
        page = self.browser.get(path)
        assert page.status_code == 200, (path, page.text[:2000])
        return page.text

    def tries(self, path: str, **typed: str) -> str:
        """What an act would do, which is tried and rolled back."""
        page = self.browser.post(path, typed)
        assert page.status_code == 200, (path, page.text[:2000])
        assert 'name="sure"' in page.text, path
        return page.text


LOOKS: dict[str, Callable[[Desk], Any]] = {
    "home": lambda desk: desk.reads("/desk"),
    "campaign": lambda desk: desk.looks(),
    "partners": lambda desk: desk.looks("/partners"),
    "partners, silent": lambda desk: desk.looks("/partners?which=silent"),
    "partners, searched": lambda desk: desk.looks("/partners?search=for"),
    "partners, by state": lambda desk: desk.looks("/partners?order=state"),
    "partner": lambda desk: desk.reads(desk.partner),
    "letter": lambda desk: desk.looks("/letter"),
    "log": lambda desk: desk.looks("/log"),
    "members": lambda desk: desk.looks("/members"),
    "signatures.csv": lambda desk: desk.looks("/export/signatures.csv"),
    "signatures.xlsx": lambda desk: desk.looks("/export/signatures.xlsx"),
    "public.docx": lambda desk: desk.looks("/letter/public.docx"),
    "take out": lambda desk: desk.reads(f"{desk.partner}/take-out"),
    "merge": lambda desk: desk.browser.post(f"{desk.partner}/merge", {"other": "for"}),
    "extend": lambda desk: desk.tries(f"{desk.place}/extend", deadline="in 20 days"),
    "remind": lambda desk: desk.tries(f"{desk.place}/remind", again="yes"),
    "amend": lambda desk: desk.tries(f"{desk.place}/amend", **desk.letter),
    "cancel": lambda desk: desk.tries(f"{desk.place}/cancel"),
    "panic": lambda desk: desk.looks("/panic"),
}


def measure(extent: Extent) -> Iterator[Comparison]:
    """Every look at campaigns of each size, one after the other, in one database."""
    *_, fewer, many = extent.growth
    for database in databases.BOTH:
        taken: dict[int, list[Taken]] = {size: [] for size in extent.growth}
        with databases.in_use(database):
            desks = {size: Desk(a_campaign(size)) for size in extent.growth}
            if database == "PostgreSQL":
                workers.tidy()
            sides = {f"{size}": partial(_looked, desk, taken[size]) for size, desk in desks.items()}
            interleaved(extent, **sides)
        for look in LOOKS:
            of_each = {size: [one[look] for one in rounds] for size, rounds in taken.items()}
            ours, theirs = of_each[many], of_each[fewer]
            note = ", ".join(f"{median(each):.3f} s with {size:,}" for size, each in of_each.items())
            yield Comparison(f"desk, {look}, {database}", ours, f"with {fewer:,}", theirs, "seconds", note)


def a_campaign(partners: int) -> int:
    """Every third is silent, others sign publicly or in confidence, decline or withdraw; as many persons as partners.

    Each partner has its mails, and lines in the audit log.
    """
    campaign_id = year.signed_by_all(partners, members="named", public_page="from launch")
    with db.transaction() as session:
        campaign = session.get_one(Campaign, campaign_id)
        its = select(Partner.id).where(Partner.campaign_id == campaign_id)
        session.execute(delete(Mail).where(Mail.kind == "receipt", Mail.partner_id.in_(its.where(Partner.id % 3 == 0))))
        session.execute(delete(Answer).where(Answer.partner_id.in_(its.where(Partner.id % 3 == 0))))
        in_confidence = Answer.partner_id.in_(its.where(Partner.id % 6 == 1))
        session.execute(update(Answer).where(in_confidence).values(visibility="addressee"))
        now, signed = db.clock(session), session.scalars(its.where(Partner.id % 3 != 0)).all()
        line = {"campaign_id": campaign_id, "at": now, "actor": "partner", "what": "signed", "detail": "public"}
        session.execute(insert(AuditEvent), [line | {"partner_id": one} for one in signed])
        words = min(OWN_WORDS, partners // 2)
        voices.many(session, campaign, words, "words.example", words="My river is dry.")
        voices.many(session, campaign, partners - words, appearance="named")
    return campaign_id


def _looked(desk: Desk, taken: list[Taken]) -> float:
    seconds = Taken()
    for look, at in LOOKS.items():
        begun = processor_seconds()
        at(desk)
        seconds[look] = processor_seconds() - begun
    taken.append(seconds)
    return sum(seconds.values())
