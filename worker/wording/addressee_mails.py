"""The words of mails to the addressees: the letter, and what tells the first of them of members."""

from sqlalchemy.orm import Session

from worker.mail.mime import Message, NothingToSay
from worker.models import Mail
from worker.state.letters import names_in_confidence
from worker.state.members import count_in_seal as count_members_in_seal
from worker.state.members import is_in_letter
from worker.state.signatories import count_in_seal, rendition_for
from worker.wording import digests
from worker.wording.letter import file_title, letter_subject
from worker.wording.mail_template import attach_seal, read_seal, require_not_over


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
        text=read_seal(session, mail, rendition, "text").decode(),
        html=read_seal(session, mail, rendition, "html").decode(),
        from_name=campaign.sender_in(campaign.authentic),
        reply_to=campaign.reply_to,
        attachments=[
            attach_seal(session, mail, rendition, "pdf", title=file_title(campaign, confidential=confidential))
        ],
        automatic=False,
    )


def digest(session: Session, mail: Mail) -> Message:
    """Tells the addressee how many members write the same, and who of them wants to be named."""
    require_not_over(mail)
    return digests.word_digest(session, mail)


def single(session: Session, mail: Mail) -> Message:
    """Tells the addressee of one member, where it asked for a mail of its own about each."""
    require_not_over(mail)
    return digests.word_single(session, mail)
