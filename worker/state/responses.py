"""What was answered to our mails otherwise than on a page: by a machine or a person, by mail."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session, contains_eager

from worker.mail.holds import ABOUT_MEMBERS
from worker.models import Campaign, Mail, MailResponse, Partner


def load_responses(
    session: Session, campaign_ids: Sequence[int], *, to_addressees: bool = False
) -> dict[int, list[MailResponse]]:
    """The answers by mail, in the order in which they came; with `to_addressees` to the letter alone."""
    of_it = select(MailResponse).join(Mail).where(Mail.campaign_id.in_(campaign_ids)).order_by(MailResponse.id)
    found: dict[int, list[MailResponse]] = {}
    for one in session.scalars(of_it.where(Mail.addressee_id.is_not(None)) if to_addressees else of_it):
        found.setdefault(one.mail_id, []).append(one)
    return found


def load_responses_about_members(session: Session, campaign_ids: Sequence[int]) -> dict[int, list[MailResponse]]:
    """What addressees answered to mails about members, by campaign; with their mails."""
    of_it = select(MailResponse).join(Mail).where(Mail.campaign_id.in_(campaign_ids), Mail.kind.in_(ABOUT_MEMBERS))
    found: dict[int, list[MailResponse]] = {}
    for one in session.scalars(of_it.order_by(MailResponse.id).options(contains_eager(MailResponse.mail))):
        found.setdefault(one.mail.campaign_id, []).append(one)
    return found


def load_responses_to(session: Session, partner: Partner) -> dict[int, list[MailResponse]]:
    """The same to one partner's mails, those to its further contacts among them."""
    found: dict[int, list[MailResponse]] = {}
    of_it = select(MailResponse).join(Mail).where(Mail.partner_id == partner.id).order_by(MailResponse.id)
    for one in session.scalars(of_it):
        found.setdefault(one.mail_id, []).append(one)
    return found


def are_for_a_person(responses: Sequence[MailResponse]) -> bool:
    """Whether something was answered that may mean that a letter did not arrive: not that it was read."""
    return any(one.kind != "read" for one in responses)


def count_answered(session: Session, campaign: Campaign) -> int:
    """Of how many partners and addressees an answer came that people should read: not where a mail was only read."""
    to = select(func.count(Mail.partner_id.distinct()) + func.count(Mail.addressee_id.distinct()))
    of_it = to.select_from(MailResponse).join(Mail).where(Mail.campaign_id == campaign.id, MailResponse.kind != "read")
    return session.scalar(of_it) or 0
