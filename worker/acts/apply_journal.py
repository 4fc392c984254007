"""Bring a database that was put back from a backup up to the journal: nothing that was taken away comes back."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from worker import db, journal
from worker.acts import answer, cancel, erase, hold, panic, take_out
from worker.acts.answer import AnswerInput, Statement
from worker.acts.change_settings import read_spelled, show_less
from worker.acts.journal_lines import MARGIN, JournalLines, last
from worker.acts.organizers import remove_organizer
from worker.acts.voices_since_backup import doubt_all_digests, replay_voices
from worker.journal import Journal, Line
from worker.mail import outbox
from worker.models import (
    AuditEvent,
    Campaign,
    Contact,
    Installation,
    Mail,
    Partner,
    Suppression,
    ThirdPartyAddress,
    Visibility,
)
from worker.state.answers import standing_answer
from worker.state.lifecycle import VISIBILITY_RANK
from worker.state.organizers import load_organizers
from worker.state.refusals import Refused


@dataclass
class AppliedJournal:
    """What was taken away again, by kind; the partners whose answers were lost; and what could not be applied."""

    counts: Counter[journal.Kind] = field(default_factory=Counter)
    lost_answers: list[int] = field(default_factory=list)
    failed: Counter[journal.Kind] = field(default_factory=Counter)
    without_address: list[int] = field(default_factory=list)
    """Partners whose address was corrected since: the new one is lost, and the old one is not written to."""
    letters: set[int] = field(default_factory=set)
    """Campaigns whose letter may have left since."""
    lost_voices: Counter[int] = field(default_factory=Counter)
    """How many persons added their voices since and are not here, by campaign; nobody knows who they are."""
    digests: set[int] = field(default_factory=set)
    """Campaigns whose mails about members may have left since, or been stopped."""


def is_lost(session: Session, backup_of: datetime | None) -> bool:
    """Whether the journal does not say all that was taken away since the backup.

    It is missing, of another installation, or was begun later. Without `backup_of` the last line of the audit log
    says of when the database is.
    """
    if (found := _of_this_installation(session)) is None:
        return True
    backup_of = backup_of or session.scalar(select(func.max(AuditEvent.at)))
    ours = tuple(journal.tags())
    if any(not line.who.startswith(ours) for line in found.lines if backup_of is None or line.at > backup_of - MARGIN):
        return True
    return backup_of is not None and found.begun_at > backup_of


def replay_journal(session: Session, since: datetime | None, *, counts_as_lost: bool = False) -> AppliedJournal:
    """Take away again what the journal says was taken away since the backup; twice changes nothing more.

    Silence of which the journal says that it ended stays as the database has it. Where the journal is lost, the answer
    of any partner may be, also of one that signs here, and any letter may have left. So it is too where a person says
    that it `counts_as_lost`.
    """
    applied = AppliedJournal()
    campaigns = [db.locked(session, one) for one in session.scalars(select(Campaign.id).order_by(Campaign.id))]
    if (found := _of_this_installation(session)) is not None:
        with journal.paused(session):
            lines = JournalLines(found.lines, since)
            replay = _Replay(session, applied, lines)
            replay.of_answers()
            replay.of_links()
            out = {one.id for one in replay.partners if not _can_answer(one)}
            applied.lost_answers = [one for one in applied.lost_answers if one not in out]
            replay.of_addresses()
            replay.of_organizers()
            replay.of_campaigns(campaigns)
            voices = replay_voices(session, campaigns, lines)
            applied.counts += voices.counts
            applied.lost_voices, applied.digests = voices.lost, voices.in_doubt
    if counts_as_lost or is_lost(session, since):
        now = db.clock(session)
        asking = [one for one in campaigns if one.takes_answers(at=now)]
        applied.letters = {one.id for one in campaigns}
        applied.digests |= doubt_all_digests(session, campaigns, now)
        applied.lost_answers = [one.id for campaign in asking for one in campaign.partners if _can_answer(one)]
    return applied


def _can_answer(partner: Partner) -> bool:
    return partner.erased_at is None and partner.is_in_list


def _of_this_installation(session: Session) -> Journal | None:
    found, number = journal.read_journal(), session.scalar(select(Installation.number))
    return found if found is not None and number is not None and found.installation == number.hex() else None


class _Replay:
    """All lines, about partners and campaigns."""

    def __init__(self, session: Session, applied: AppliedJournal, lines: JournalLines) -> None:
        self._session, self._applied, self._lines = session, applied, lines
        in_order = select(Partner).order_by(Partner.id).with_for_update().execution_options(populate_existing=True)
        self.partners = session.scalars(in_order).all()

    def of_answers(self) -> None:
        """Reduce what is shown more than was said since, and find whose later answers are lost."""
        for partner in self.partners:
            lines = self._lines.about(partner.ref)
            said = [line for line in lines if line.kind in {"answered", "reduced"}]
            standing = standing_answer(self._session, partner.id)
            newest = said[-1] if said else None
            is_lost = newest is not None and newest.kind == "answered" and self._lines.is_since(newest)
            if newest is not None and is_lost and (standing is None or standing.at < newest.at):
                self._applied.lost_answers.append(partner.id)
            for line in lines:
                if line.kind == "reduced":
                    self._reduce(partner, line)

    def _reduce(self, partner: Partner, line: Line) -> None:
        standing = standing_answer(self._session, partner.id)
        if standing is None or not standing.signs or standing.at >= line.at:
            return
        shows = VISIBILITY_RANK.get(line.detail, 0)
        if VISIBILITY_RANK[standing.visibility or ""] <= shows:
            return
        said = Statement(
            representative=standing.representative,
            role=standing.role,
            reason=standing.reason,
            language=standing.language,
            channel="by hand",
        )
        least: list[AnswerInput] = [AnswerInput(partner.id, "withdraw", None, replace(said, reason=""))]
        if shows:
            visibility: Visibility = "addressee" if line.detail == "addressee" else "counted"
            least.insert(0, AnswerInput(partner.id, "sign", visibility, said))
        for given in least:
            (result,) = answer.record_answers(self._session, [given])
            if not isinstance(result, Refused):
                self._applied.counts["reduced"] += 1
                return
        self._applied.failed["reduced"] += 1

    def of_links(self) -> None:
        """Links that died, silence, and who was erased."""
        for partner in self.partners:
            if partner.erased_at is None:
                self._of_partner(partner, self._lines.about(partner.ref))
        for contact in self._session.scalars(select(Contact).where(Contact.ended_at.is_(None))):
            self._of_contact(contact, self._lines.about(contact.ref))
        for stranger in self._session.scalars(select(ThirdPartyAddress).where(ThirdPartyAddress.decided_at.is_(None))):
            if erased := last(self._lines.about(stranger.ref), "erased"):
                erase.erase_applicant(self._session, stranger.id)
                self._applied.counts[erased.kind] += 1

    def _of_partner(self, partner: Partner, lines: list[Line]) -> None:
        if last(lines, "erased"):
            self._erase(partner)
            return
        if last(lines, "taken out", "put back") and partner.is_in_list:
            self._take_out(partner)
        self._revoke(partner, lines)
        corrected = [line.detail.partition(":") for line in lines if line.kind == "corrected"]
        fingerprint = partner.email_hmac.hex() if partner.email_hmac else None
        if corrected and corrected[-1][2] != fingerprint and fingerprint in {old for old, *_ in corrected}:
            partner.email, partner.email_hmac = "", None
            self._applied.without_address.append(partner.id)
            self._call_back(Mail.partner_id == partner.id, Mail.contact_id.is_(None))
            self._applied.counts["corrected"] += 1
        if (line := last(lines, "silenced", "allowed")) and partner.silenced_at is None:
            partner.silenced_at = line.at
            self._call_back(Mail.partner_id == partner.id)
            self._applied.counts["silenced"] += 1
        self._quiet(partner, lines)

    def _of_contact(self, contact: Contact, lines: list[Line]) -> None:
        self._revoke(contact, lines)
        self._quiet(contact, lines)
        if (line := last(lines, "ended")) is not None:
            contact.ended_at = line.at
            self._call_back(Mail.contact_id == contact.id)
            self._applied.counts["ended"] += 1

    def _erase(self, partner: Partner) -> None:
        standing = standing_answer(self._session, partner.id)
        if standing is not None and standing.signs:
            answer.record_answers(
                self._session, [AnswerInput(partner.id, "withdraw", None, Statement(channel="by hand"))]
            )
        try:
            erase.erase_partner(self._session, partner.id)
        except Refused:
            self._applied.failed["erased"] += 1
        else:
            self._applied.counts["erased"] += 1

    def _take_out(self, partner: Partner) -> None:
        try:
            take_out.take_out_partner(self._session, partner.id, tell=False)
        except Refused:
            self._applied.failed["taken out"] += 1
        else:
            self._applied.counts["taken out"] += 1

    def _revoke(self, reader: Partner | Contact, lines: list[Line]) -> None:
        """Raise the generation above every one that was revoked; a mail that waits with an older link says nothing."""
        dead = max((line.number for line in lines if line.kind in {"revoked", "ended"}), default=0)
        if reader.generation <= dead:
            if not any(line.kind == "corrected" for line in lines):
                count_as_of_next_link(self._session, reader, dead)
            reader.generation = dead + 1
            self._applied.counts["revoked"] += 1

    def _quiet(self, reader: Partner | Contact, lines: list[Line]) -> None:
        living = [line for line in lines if line.kind != "quiet" or line.number in {0, reader.generation}]
        if (line := last(living, "quiet", "resubscribed", "allowed")) and reader.quiet_at is None:
            reader.quiet_at = line.at
            self._applied.counts["quiet"] += 1

    def of_addresses(self) -> None:
        """Addresses from which mail came back, unless a person vouched for one since."""
        known = {bytes(one) for one in self._session.scalars(select(Suppression.email_hmac))}
        for lines in self._lines:
            line = last(lines, "suppressed", "vouched")
            if line is None or (fingerprint := bytes.fromhex(line.detail)) in known:
                continue
            self._session.add(Suppression(email_hmac=fingerprint, at=line.at, reason="bounce"))
            self._applied.counts["suppressed"] += 1

    def of_organizers(self) -> None:
        """Organizers who were removed."""
        for organizer in load_organizers(self._session):
            if removed := last(self._lines.about(organizer.ref), "organizer removed"):
                remove_organizer(self._session, organizer)
                self._applied.counts[removed.kind] += 1

    def of_campaigns(self, campaigns: Iterable[Campaign]) -> None:
        """Campaigns that were erased, cancelled, held, in panic, or that show less."""
        for campaign in campaigns:
            lines = self._lines.about(campaign.seed)
            if last(lines, "letter"):
                self._applied.letters.add(campaign.id)
            self._show_less(campaign, lines)
            try:
                if last(lines, "campaign erased") and campaign.erased_at is None:
                    erase.erase_campaign(self._session, campaign.id, give_up=True, by_person=False)
                    self._applied.counts["campaign erased"] += 1
                elif last(lines, "cancelled") and campaign.cancelled_at is None:
                    cancel.cancel_campaign(self._session, campaign.id, tell=False)
                    self._applied.counts["cancelled"] += 1
                elif campaign.cancelled_at is None:
                    self._hold(campaign, lines)
                if last(lines, "panic", "panic ended") and panic.start_panic(self._session, campaign.id):
                    self._applied.counts["panic"] += 1
            except Refused:
                self._applied.failed["cancelled"] += 1

    def _show_less(self, campaign: Campaign, lines: list[Line]) -> None:
        """What organizers let fewer read than at the launch."""
        for line in lines:
            if line.kind == "shows less" and show_less(campaign, *read_spelled(line.detail)):
                self._applied.counts["shows less"] += 1

    def _hold(self, campaign: Campaign, lines: list[Line]) -> None:
        undone = {line.detail for line in lines if line.kind == "undone"}
        act = campaign.undo or {}
        is_undone = bool(act.get("act")) and act.get("at") in undone  # nobody is to have its mails, and a person looks
        all_mail = is_undone or last(lines, "mail held", "resumed") is not None
        if not all_mail and last(lines, "held", "resumed") is None:
            return
        if hold.hold_letter(self._session, campaign.id, all_mail=all_mail).changed:
            self._applied.counts["mail held" if all_mail else "held"] += 1

    def _call_back(self, *which: object) -> None:
        outbox.cancel(self._session, *which)  # type: ignore[arg-type]


def count_as_of_next_link(session: Session, reader: Partner | Contact, last: int) -> None:
    """Let mails to a reader, up to those with link `last`, count as mails to one that has the next link: for its
    address is the same, and it was asked.
    """
    its = Mail.contact_id == reader.id if isinstance(reader, Contact) else Mail.contact_id.is_(None)
    partner_id = reader.partner_id if isinstance(reader, Contact) else reader.id
    mails = update(Mail).where(Mail.partner_id == partner_id, its)
    mails = mails.where(Mail.generation >= reader.generation, Mail.generation <= last).values(generation=last + 1)
    session.execute(mails.execution_options(synchronize_session=False))
