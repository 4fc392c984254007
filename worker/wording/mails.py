"""The words of every mail: its template (`templates/mail/<kind>.<language>.md`), and what the template is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from jinja2.utils import LRUCache
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.mail import kinds
from worker.mail.kinds import kind_named
from worker.mail.mime import Attachment, Message, NothingToSay
from worker.mail.results import DeliveryResult
from worker.models import Answer, Campaign, Contact, Mail, Partner, RelayHealth, Seal, ThirdPartyAddress
from worker.state import recipients
from worker.state.answers import exposes_more, standing_answer
from worker.state.backups import find_older_backups
from worker.state.disclosures import had_left_by, load_disclosures
from worker.state.facts import CampaignFacts, load_facts
from worker.state.joining import FIRST_OF_CAMPAIGN, NOBODY, load_joining
from worker.state.last_read import load_last_read
from worker.state.letters import LEFT, load_letters, names_in_confidence, served
from worker.state.lifecycle import BEYOND_RECALL
from worker.state.listings import changes_told_by, was_undone
from worker.state.member_addresses import may_be_written_to
from worker.state.members import can_add_voice, counts_for, is_in_letter
from worker.state.members import count_in_seal as count_members_in_seal
from worker.state.responses import count_answered
from worker.state.signatories import count_in_seal, names_too_many, rendition_for
from worker.state.status import count_unreached
from worker.state.waiting_words import count_waiting_words
from worker.text import dates, names
from worker.tokens import Url
from worker.wording import digests, templates
from worker.wording.changes import Changes, changes_since
from worker.wording.drafts import shared_draft, word_draft
from worker.wording.letter import file_title, letter_language, letter_subject, to_whom
from worker.wording.letter_formats import FORMATS


@dataclass(frozen=True, slots=True)
class Reader:
    """A partner, as far as a mail to it goes."""

    ref: bytes
    generation: int
    organization: str
    acronym: str
    country: str
    contact: str
    email: str
    quiet_at: datetime | None
    silenced_at: datetime | None
    names: dict[str, str] | None
    disowned_at: datetime | None


@dataclass(frozen=True, slots=True)
class BulkMail:
    """A row of the outbox of a kind that goes to thousands, read without all that such a mail does not say."""

    id: int
    kind: str
    language: str
    message_id: str
    dated_at: datetime
    body_hash: str | None
    generation: int | None
    campaign: Campaign
    partner: Reader
    contact: None = None

    @property
    def campaign_id(self) -> int:
        return self.campaign.id


def load_mails(session: Session, ids: Sequence[int]) -> dict[int, Mail | BulkMail]:
    """These rows of the outbox, with all that they say."""
    found: dict[int, Mail | BulkMail] = {}
    campaigns: dict[int, Campaign] = {}
    for row in session.execute(_BULK.where(Mail.id.in_(ids))):
        campaign_id, mail_id, kind, language, message_id, dated_at, body_hash, generation, *reader = row
        if campaign_id not in campaigns:
            campaigns[campaign_id] = session.get_one(Campaign, campaign_id)
        itself = (mail_id, kind, language, message_id, dated_at, body_hash, generation)
        found[mail_id] = BulkMail(*itself, campaigns[campaign_id], Reader(*reader))
    if len(found) < len(ids):
        others = select(Mail).where(Mail.id.in_([mail_id for mail_id in ids if mail_id not in found]))
        found |= {mail.id: mail for mail in session.scalars(others)}
    return found


def word_mail(session: Session, mail: Mail | BulkMail) -> Message:
    """What a row of the outbox says, read fresh; raises NothingToSay if nobody is to have it."""
    if word := FUNCTIONS.get(mail.kind):
        return word(session, mail)
    if isinstance(mail, BulkMail) or kind_named(mail.kind).audience == "partner":
        return _to_partner(mail)
    return _to_organizers(session, mail)


def is_alert(session: Session, mail: Mail | BulkMail | DeliveryResult) -> bool:
    """Whether it goes to the registered contact whatever silence its link asked for, and whatever came back."""
    if isinstance(mail, BulkMail | DeliveryResult) or mail.contact_id is not None:
        return False
    if mail.kind == "receipt":
        return mail.answer is not None and exposes_more(session, mail.answer)
    return kind_named(mail.kind).alert


def invitation(session: Session, mail: Mail | BulkMail) -> Message:
    """Asks a partner for its answer; after it disowned one, first says why link and code are new."""
    partner = mail.partner
    return _to_partner(mail, renewed=partner is not None and partner.disowned_at == mail.dated_at)


def amended(session: Session, mail: Mail) -> Message:
    """Asks a partner again, because the letter means something else now; with what changed since it read it."""
    return _to_partner(mail, answer=mail.answer, changes=_changes(session, mail))


def corrected(session: Session, mail: Mail) -> Message:
    """Tells a partner that signed that a typo in the letter was corrected."""
    return _to_partner(mail, changes=_changes(session, mail))


def cancelled(session: Session, mail: Mail | BulkMail) -> Message:
    """Tells whoever was asked that the letter will not be sent; nobody whom no other mail reached.

    One that wants no mail hears it too if its organization signs: it is put for none other.
    """
    if not recipients.has_heard(session, mail.id):
        raise NothingToSay
    return _to_partner(mail, is_alert=mail.contact is None)


def passed_on(session: Session, mail: Mail) -> Message:
    """Brings a partner's invitation to a further contact; who typed the address is said, and why a link is new."""
    contact = mail.contact
    by_organizer = contact is not None and contact.added_by == "organizer"
    return _to_partner(mail, by_organizer=by_organizer, renewed=contact is not None and contact.generation > 1)


def merged(session: Session, mail: Mail) -> Message:
    """Tells that two entries were one organization: what stands as it is read, and that others may answer too."""
    assert mail.partner_id is not None
    return _to_partner(mail, answer=standing_answer(session, mail.partner_id))


def listing(session: Session, mail: Mail) -> Message:
    """Tells the registered contact what a link changed of how the partner is printed; and nothing else of it."""
    changes = changes_told_by(session, mail)
    if not changes:
        raise NothingToSay
    return _to_partner(mail, fields=changes, undone=was_undone(session, mail))


def confirm(session: Session, mail: Mail) -> Message:
    """Asks an address whether it was its organization that asked to sign."""
    stranger = _stranger(session, mail)
    return _to_applicant(mail, stranger)


def voice(session: Session, mail: Mail) -> Message:
    """Asks whoever reads a mailbox whether it adds its voice; one that has brings its link again and says so."""
    campaign, member = mail.campaign, mail.member
    if member is None:
        raise NothingToSay
    if not member.stands and not (can_add_voice(campaign) and may_be_written_to(session, campaign, member.email)):
        raise NothingToSay
    return _to_member(mail)


def voice_changed(session: Session, mail: Mail) -> Message:
    """Tells a person that its voice shows more of it than before, as somebody with its link and code wanted."""
    if mail.member is None or not mail.member.stands:
        raise NothingToSay
    return _to_member(mail)


def voice_again(session: Session, mail: Mail) -> Message:
    """Asks a person to add its voice again, because the letter means something else now."""
    if mail.member is None or not mail.member.stands or counts_for(mail.member, mail.campaign):
        raise NothingToSay
    return _to_member(mail)


def receipt(session: Session, mail: Mail) -> Message:
    """Tells a partner what was recorded in its name, and that it can be changed."""
    answer, departed, departure = mail.answer, False, None
    if answer is not None and mail.campaign.closed_at is not None:
        facts = load_facts(session, mail.campaign)
        departed = had_left_by(mail.campaign, facts.letters, answer.at)
        if answer.at > mail.campaign.closed_at:
            departure = _departure(session, facts, answer, mail.language)
    through = answer.contact if answer and answer.contact_id != mail.contact_id else None
    return _to_partner(
        mail,
        is_alert=is_alert(session, mail),
        answer=answer,
        departed=departed,
        departure=departure,
        was_public=answer is not None and answer.replaces is not None and answer.replaces.visibility == "public",
        through=through,
    )


@dataclass(frozen=True)
class Departure:
    """What has gone before an answer, and says more of its partner: named there, or counted only."""

    naming: bool
    to: list[str]
    """Who has it, with the day; the names alone where of one it is not known."""
    is_doubtful: bool
    organizers_are_told: bool
    more_to_send: bool
    """Whether an addressee is still to get the letter."""


def _departure(session: Session, facts: CampaignFacts, answer: Answer, language: str) -> Departure | None:
    campaign = facts.campaign
    found = load_disclosures(session, {campaign: facts.letters}, {answer.partner_id: (campaign, answer)})
    disclosure = found[answer.partner_id]
    to = disclosure.naming or disclosure.counting
    if not to:
        return None
    has_it = {one.addressee.name: one.at for one in facts.served if one.has_it and one.at is not None}
    called = {one.name: one.name_in(language) for one in campaign.letter.addressees}
    is_doubtful = not has_it.keys() >= set(to)
    days = {} if is_doubtful else {one: f" ({dates.date(has_it[one], campaign.zone, language)})" for one in to}
    to = [called[one] + days.get(one, "") for one in to]
    more_to_send = any(one.state not in LEFT | {"uncertain"} for one in facts.served)
    return Departure(bool(disclosure.naming), to, is_doubtful, facts.stage in BEYOND_RECALL, more_to_send)


def copy(session: Session, mail: Mail) -> Message:
    """Brings the letter as it was sent to a partner that signed it; without it once it names somebody too many."""
    attachments = []
    if whole := not names_too_many(session, mail.campaign, mail.seal_number):
        language = letter_language(mail.campaign, mail.language)
        attachments = [
            _attached(session, mail, "public", "pdf"),
            _attached(session, mail, "public", "text", language),
        ]
    went, still = _who_has_it(session, mail)
    return _to_partner(mail, attachments, whole=whole, went=went, still=still)


def letter(session: Session, mail: Mail) -> Message:
    """The sealed letter itself; a copy addressee gets the public rendition.

    The file's name says whether it may be passed on; a partner's copy keeps one that says nothing of the letter.
    """
    if mail.addressee is None or not mail.addressee.email:
        raise NothingToSay
    campaign, rendition = mail.campaign, rendition_for(mail.addressee)
    number = sum(count_in_seal(session, campaign, mail.seal_number).values())
    members = count_members_in_seal(session, campaign, mail.seal_number) if is_in_letter(campaign) else 0
    confidential = rendition != "public" and names_in_confidence(session, campaign, mail.seal_number)
    return Message(
        to=mail.addressee.email,
        subject=letter_subject(campaign, campaign.authentic, number, members),
        text=_sealed(session, mail, rendition, "text").decode(),
        html=_sealed(session, mail, rendition, "html").decode(),
        from_name=campaign.sender_in(campaign.authentic),
        reply_to=campaign.reply_to,
        attachments=[_attached(session, mail, rendition, "pdf", title=file_title(campaign, confidential=confidential))],
        automatic=False,
    )


def closed(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter is sealed, and how many sign it as this seal has it."""
    return _to_organizers(session, mail, **_signing(session, mail))


def report(session: Session, mail: Mail) -> Message:
    """Tells the organizers that the letter has left, and under how many organizations, whoever stepped back since."""
    return _to_organizers(session, mail, **_signing(session, mail))


def unreached(session: Session, mail: Mail) -> Message:
    """Tells the organizers how many partners no mail reached, or may not have; their names stay in `status`."""
    found = count_unreached(session, mail.campaign)
    return _to_organizers(session, mail, unreached=found.lost, doubtful=found.unknown, returned=found.in_doubt)


def mail_answered(session: Session, mail: Mail) -> Message:
    """Tells the organizers of how many our mails were answered by mail; who wrote what stays in `status`."""
    return _to_organizers(session, mail, answers=count_answered(session, mail.campaign))


def flood(session: Session, mail: Mail) -> Message:
    """Tells the organizers that very many ask to sign all at once; the names of who confirms stay in `status`."""
    campaign_id = mail.campaign_id
    now = load_joining(session, [campaign_id], db.clock(session)).get(campaign_id, NOBODY)
    return _to_organizers(session, mail, many=FIRST_OF_CAMPAIGN, unconfirmed=now.unconfirmed)


def words(session: Session, mail: Mail) -> Message:
    """Tells the organizers how many wrote own words that wait; who wrote what stays in the command."""
    waiting = count_waiting_words(session, mail.campaign)
    if not waiting:
        raise NothingToSay
    return _to_organizers(session, mail, waiting=waiting)


def outage(session: Session, mail: Mail) -> Message:
    """Tells the organizers since when the relay took no mail, and that nothing was lost."""
    return _to_organizers(session, mail, post=session.get_one(RelayHealth, 1))


def login(session: Session, mail: Mail) -> Message:
    """Brings an organizer the code that opens the desk, as long as it may still be taken; it speaks of no campaign."""
    asked, conf = mail.login, settings.current()
    if asked is None or asked.organizer is None or asked.used_at is not None or not asked.organizer.email:
        raise NothingToSay
    sender = SimpleNamespace(from_name=THE_PROGRAM, reply_to=conf.mail_from)
    personal = {
        "contact": asked.organizer.name,
        "organization": "",
        "link": Url(f"{conf.public_url.rstrip('/')}/desk/code"),
        "mail_code": tokens.printed_login_code(asked.ref),
    }
    draft = word_draft(mail.kind, mail.language, sender, personal, {})
    text, page = draft.filled(personal)
    return Message(asked.organizer.email, draft.subject, text, page, sender.from_name, sender.reply_to)


THE_PROGRAM = "Undersigned"


def erased(session: Session, mail: Mail) -> Message:
    """Tells the organizers that names were erased, what is theirs to erase, and which backups still hold them."""
    found = find_older_backups(mail.campaign.erased_at or mail.dated_at)
    return _to_organizers(
        session, mail, makes_backups=found.made_here, oldest_backup=found.oldest, backups_until=found.until
    )


def digest(session: Session, mail: Mail) -> Message:
    """Tells the addressee how many members write the same, and who of them wants to be named."""
    _require_not_over(mail)
    return digests.word_digest(session, mail)


def single(session: Session, mail: Mail) -> Message:
    """Tells the addressee of one member, where it asked for a mail of its own about each."""
    _require_not_over(mail)
    return digests.word_single(session, mail)


def digest_ready(session: Session, mail: Mail) -> Message:
    """Shows the organizers what the addressee is to be told of members, whole, before it leaves."""
    waiting = digests.mail_of(session, mail)
    if waiting is not None and waiting.kind == "single":
        return _to_organizers(session, mail, singly=True, **digests.singles_context(session, waiting))
    if waiting is None or waiting.due_at is None:
        raise NothingToSay  # it was called back, or has left
    shown = digests.digest_context(session, waiting, with_link=False)
    return _to_organizers(session, mail, singly=False, leaves_at=waiting.due_at, **shown)


def digest_failed(session: Session, mail: Mail) -> Message:
    """Tells the organizers that a mail about members may not have arrived, and that no other goes until they decide."""
    return _to_organizers(session, mail, states=digests.failed_states(session, mail.campaign))


# What says more than its audience's mails do by themselves. By the names of the kinds in `mail/kinds.py`.
FUNCTIONS: dict[str, Callable[[Session, Any], Message]] = {
    f.__name__: f
    for f in (
        invitation,
        amended,
        corrected,
        cancelled,
        passed_on,
        merged,
        listing,
        confirm,
        voice,
        voice_changed,
        voice_again,
        receipt,
        copy,
        letter,
        closed,
        report,
        unreached,
        mail_answered,
        flood,
        words,
        outage,
        erased,
        digest,
        single,
        digest_ready,
        digest_failed,
        login,
    )
}
kinds.check_functions(FUNCTIONS)
_OF_THE_MAIL = (
    *(Mail.campaign_id, Mail.id, Mail.kind, Mail.language, Mail.message_id, Mail.dated_at, Mail.body_hash),
    Mail.generation,
)
_OF_THE_READER = (
    *(Partner.ref, Partner.generation, Partner.organization, Partner.acronym, Partner.country),
    *(Partner.contact, Partner.email, Partner.quiet_at, Partner.silenced_at, Partner.names, Partner.disowned_at),
)
_BULK = (
    select(*_OF_THE_MAIL, *_OF_THE_READER)
    .join(Partner, Partner.id == Mail.partner_id)
    .where(Mail.kind.in_(kinds.names(lambda kind: kind.bulk and not kind.attachment)), Mail.contact_id.is_(None))
)


def _to_partner(
    mail: Mail | BulkMail, attachments: list[Attachment] | None = None, *, is_alert: bool = False, **context: Any
) -> Message:
    """A mail to a contact of a partner, with the link it was put for or not at all.

    `is_alert`: it is told whatever silence its reader's link asked for, as a kind of that name always is.
    """
    _require_not_over(mail)
    partner, reader = mail.partner, mail.contact or mail.partner
    if partner is None or reader is None or not reader.email or partner.silenced_at is not None:
        raise NothingToSay
    if mail.generation not in {None, reader.generation} or (isinstance(reader, Contact) and reader.ended_at):
        raise NothingToSay  # that link was revoked, and whoever reads it has no claim to another
    if reader.quiet_at is not None and not (is_alert or kind_named(mail.kind).alert):
        raise NothingToSay
    personal = {
        "contact": reader.name if isinstance(reader, Contact) else partner.contact,
        "organization": partner.organization,
        "link": tokens.link(reader),
        "mail_code": tokens.printed_code(reader),
        "long_code": tokens.printed_long_code(reader),
        "row": names.unlinked(names.signatory(partner, mail.language, mail.campaign.authentic)),
        "unsubscribe": tokens.link(reader, "quiet") if reader.quiet_at is None else "",
        "elsewhere": dates.elsewhere(mail.campaign.deadline_at, mail.campaign.zone, partner.country, mail.language),
    }
    context |= {"silent": reader.quiet_at is not None}
    return _from_template(mail, reader.email, attachments or [], personal, context, tokens.link(reader, "quiet"))


def _require_not_over(mail: Mail | BulkMail) -> None:
    """Of a letter that was cancelled nothing is said but that, and what a reader asks for afterwards.

    Raises NothingToSay.
    """
    if mail.campaign.cancelled_at is not None and mail.kind not in {"cancelled", "silence"}:
        raise NothingToSay


def _stranger(session: Session, mail: Mail) -> ThirdPartyAddress:
    _require_not_over(mail)
    stranger = recipients.third_party_of(session, mail)
    if stranger is None or not stranger.email:
        raise NothingToSay
    return stranger


def _to_applicant(mail: Mail, stranger: ThirdPartyAddress) -> Message:
    """A mail to an address of which we know nothing: with its own link and code, and nothing more."""
    personal = {
        "contact": "",  # nothing that a stranger may have typed, or anybody could write to anybody through us
        "organization": "",
        "link": tokens.link(stranger, "join"),
        "mail_code": tokens.printed_code(stranger),
        "long_code": tokens.printed_long_code(stranger),
        "row": "",
    }
    return _from_template(mail, stranger.email, [], personal, {})


def _to_member(mail: Mail) -> Message:
    """A mail to a person who adds its voice, with the link it was put for or not at all; nothing that was typed."""
    _require_not_over(mail)
    member = mail.member
    if member is None or not member.email or mail.generation != member.generation:
        raise NothingToSay
    personal = {
        "contact": "",
        "organization": "",
        "link": tokens.link(member, "voice"),
        "mail_code": tokens.printed_code(member),
        "long_code": tokens.printed_long_code(member),
        "row": "",
    }
    return _from_template(mail, member.email, [], personal, {"member": member})


def _to_organizers(session: Session, mail: Mail, **context: Any) -> Message:
    """A mail to the people who run the campaign; with the public letter, until that names somebody too many."""
    attachments = []
    whole = mail.seal_number is not None and not names_too_many(session, mail.campaign, mail.seal_number)
    if whole:
        title = file_title(mail.campaign, confidential=False)
        attachments = [_attached(session, mail, "public", form, title=title) for form in ("pdf", "text")]
    facts = load_facts(session, mail.campaign)
    left = [one for one in facts.served if one.state not in LEFT]
    seen = {
        "letters": facts.letters,
        "signed": facts.signed,
        "whole": whole,
        "visibility": facts.signing,
        "served": facts.served,
        "have": sum(one.has_it for one in facts.served),
        "in_doubt": any(one.state == "uncertain" for one in facts.served),
        "goes_by_mail": any(one.addressee.email for one in left),
    }
    return _from_template(mail, mail.campaign.reply_to, attachments, {}, seen | context)


def _signing(session: Session, mail: Mail) -> dict[str, Any]:
    """The numbers of the seal that a mail speaks of; of persons, null where the letter says none."""
    found = count_in_seal(session, mail.campaign, mail.seal_number)
    return {"signed": sum(found.values()), "visibility": found, "members": _members(session, mail)}


def _members(session: Session, mail: Mail) -> int | None:
    if not is_in_letter(mail.campaign):
        return None
    return count_members_in_seal(session, mail.campaign, mail.seal_number)


def _from_template(
    mail: Mail | BulkMail,
    to: str,
    attachments: list[Attachment],
    personal: dict[str, str],
    context: dict[str, Any],
    unsubscribe: str = "",
) -> Message:
    campaign = mail.campaign
    if kind_named(mail.kind).bulk and campaign.id is not None:
        draft = shared_draft(
            mail.kind,
            mail.language,
            campaign,
            personal,
            lambda: _with_subject(mail, context),
            variant=tuple(context.get(one) for one in ("renewed", "whole", "went", "still")),
        )
    else:
        draft = word_draft(mail.kind, mail.language, campaign, personal, _with_subject(mail, context))
    text, page = draft.filled(personal)
    names = (campaign.from_name, campaign.reply_to)
    return Message(to, _told_apart(draft.subject, mail), text, page, *names, attachments, unsubscribe=unsubscribe)


def _told_apart(subject: str, mail: Mail | BulkMail) -> str:
    """A subject that tells the mails of two campaigns apart, and not what either is about.

    Organizers read the title in theirs.
    """
    number = mail.campaign.id
    if kind_named(mail.kind).audience == "organizers" or number is None or number == 1:
        return subject
    words = templates.translations(mail.language)
    letter = words.gettext("letter %(number)s") % {"number": number}
    return f"{subject} ({letter})"


def _with_subject(mail: Mail | BulkMail, context: dict[str, Any]) -> dict[str, Any]:
    return context | {"letter_subject": letter_subject(mail.campaign, mail.language)}


def _who_has_it(session: Session, mail: Mail) -> tuple[str, str]:
    """To whom the letter went and to whom it did not yet, as far as anybody knows at this moment; in words."""
    addressees, still = mail.campaign.letter.addressees, []
    if len(addressees) > 1:
        those = served(mail.campaign, load_letters(session, mail.campaign))
        addressees = [one.addressee for one in those if one.state in LEFT]
        still = [one.addressee.name_in(mail.language) for one in those if one.state not in LEFT]
    return to_whom(addressees, mail.language), dates.listed(still, mail.language)


def _changes(session: Session, mail: Mail) -> Changes | None:
    """What was changed in the letter since its reader read it; null if nobody knows what that was."""
    read = load_last_read(session, mail.campaign, mail.dated_at, Partner.id == mail.partner_id)
    before = read.get((mail.partner_id, mail.contact_id))
    if before is None or before is mail.campaign.letter:
        return None
    return changes_since(mail.campaign, before, mail.language)


def _attached(
    session: Session, mail: Mail, rendition: str, form: str, language: str = "", title: str = "letter"
) -> Attachment:
    """One form of the seal that this mail carries, as a file; its name says the language where that is given.

    The public one is remembered, since many mails carry it; whether it is still to be sent is asked each time.
    """
    name = FORMATS[form].file_name(language, title)
    sealed = _of_the_seal(mail, rendition, form, language)
    key = (*session.execute(sealed.with_only_columns(Seal.id, Seal.sha256, func.length(Seal.content))).one(), name)
    attachment: Attachment | None = _attachments.get(key)
    if attachment is None:
        attachment = Attachment(name, FORMATS[form].media_type, _sealed(session, mail, rendition, form, language))
        if rendition == "public":
            _attachments[key] = attachment
    return attachment


MAX_ATTACHMENTS = 4  # that are remembered: of a campaign whose copies leave, the PDF and the text in three languages
_attachments = LRUCache(MAX_ATTACHMENTS)


def _sealed(session: Session, mail: Mail, rendition: str, format: str, language: str = "") -> bytes:
    """The bytes of the seal that this mail carries; the authentic language unless another is named."""
    content = session.execute(_of_the_seal(mail, rendition, format, language)).scalar_one()
    if not content:
        raise NothingToSay  # it was erased
    return bytes(content)


def _of_the_seal(mail: Mail, rendition: str, format: str, language: str) -> Select[bytes]:
    return select(Seal.content).where(
        Seal.campaign_id == mail.campaign_id,
        Seal.number == mail.seal_number,
        Seal.rendition == rendition,
        Seal.format == format,
        Seal.language == (language or mail.campaign.authentic),
    )
