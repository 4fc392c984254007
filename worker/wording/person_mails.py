"""The words of mails to strangers: who asks to sign for an organization, and persons who add their voices."""

from sqlalchemy.orm import Session

from worker import tokens
from worker.mail.mime import Message, NothingToSay
from worker.models import Mail, ThirdPartyAddress
from worker.state import recipients
from worker.state.member_addresses import may_be_written_to
from worker.state.members import can_add_voice, counts_for
from worker.wording.mail_template import fill_template, require_not_over


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


def _stranger(session: Session, mail: Mail) -> ThirdPartyAddress:
    require_not_over(mail)
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
    return fill_template(mail, stranger.email, [], personal, {})


def _to_member(mail: Mail) -> Message:
    """A mail to a person who adds its voice, with the link it was put for or not at all; nothing that was typed."""
    require_not_over(mail)
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
    return fill_template(mail, member.email, [], personal, {"member": member})
