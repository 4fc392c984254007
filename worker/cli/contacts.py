"""What an organizer types about who else may answer for an organization: look, add one, end a link."""

from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from worker.cli import console
from worker.cli.options import DryRun, Json, Name, Who, Yes

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from worker.models import Campaign, Contact, Partner
    from worker.state.status import ContactStatus, PartnerStatus


def contacts(
    name: Name,
    organization: Who,
    add: Annotated[
        str | None,
        typer.Option("--add", metavar="ADDRESS", help="The email address of one more person who may answer for it."),
    ] = None,
    language: Annotated[
        str | None, typer.Option("--language", help="That person's language; without it, the organization's.")
    ] = None,
    name_: Annotated[str, typer.Option("--name", help="The name in the greeting of the email.")] = "",
    end: Annotated[int | None, typer.Option("--end", help="End the link of the contact with this number.")] = None,
    as_json: Json = False,
    yes: Yes = False,
    dry_run: DryRun = False,
) -> None:
    """Show who may answer for an organization, add one more person with a link of its own, or end such a link.

    The registered contact comes first: its link ends when you correct its address. The invitation was passed on to
    the others, or you added them. A contact keeps its number, also after its link has ended.

    Examples: `undersigned contacts cambodia-2023 "Khmer Thavrak"`,
    `undersigned contacts cambodia-2023 "Khmer Thavrak" --add director@thavrak.example`,
    `undersigned contacts cambodia-2023 "Khmer Thavrak" --end 2`
    """
    if as_json and (add is not None or end is not None):
        console.fail("--json only shows contacts: leave out --add and --end.", console.USAGE)
    if add is not None and end is not None:
        console.fail("Give either --add or --end.", console.USAGE)
    if add is None and (language is not None or name_):
        console.fail("--language and --name describe the person whom you --add.", console.USAGE)
    if add is not None:
        _add(name, organization, add, language, name_, yes=yes, dry_run=dry_run)
    elif end is not None:
        _end(name, organization, end, yes=yes, dry_run=dry_run)
    else:
        _show(name, organization, as_json=as_json)


def _show(name: str, organization: str, *, as_json: bool) -> None:
    from worker import db
    from worker.cli import lookup
    from worker.state.contacts import load_contacts_of
    from worker.state.refusals import Erased
    from worker.state.status import load_status_of
    from worker.text.names import signatory

    with lookup.looking(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        if partner.erased_at is not None:
            raise Erased(organization=partner.organization)
        now = db.clock(session)
        status = load_status_of(session, partner, now)
        by_link = _who_answered(session, partner)
        rows = load_contacts_of(session, partner)
        if as_json:
            console.give(_as_json(campaign, partner, status, rows, by_link))
            return
        lines = [f"{signatory(partner)} ({campaign.zone})"]
        lines.append(f"  registered: {_registered(partner)}: {_facts_of_registered(partner, None in by_link, status)}")
        for one, row in zip(status.contacts, rows, strict=True):
            whom = _person(row.name, row.email, row.language)
            lines.append(f"  {one.number}: {whom}: {_facts(one, row.id in by_link, now, campaign.zone)}")
    console.in_utf8()
    print("\n".join(lines))
    if status.silenced:
        console.say(
            f"You stopped all email to it. To allow it again: {console.command('silence', name, organization, '--end')}"
        )


def _as_json(
    campaign: "Campaign",
    partner: "Partner",
    status: "PartnerStatus",
    rows: "Sequence[Contact]",
    by_link: set[int | None],
) -> dict[str, Any]:
    """The same facts as `status --json` tells of a partner, with its contacts' names and addresses."""
    from worker.cli.status_json import contact_as_json
    from worker.wording.relay_status import iso

    return {
        "campaign": campaign.slug,
        "zone": campaign.zone,
        "number": f"#{partner.id}",
        "organization": partner.organization,
        "acronym": partner.acronym,
        "silenced": iso(partner.silenced_at),
        "registered": {
            "name": partner.contact,
            "email": partner.email if partner.email_hmac is not None else None,
            "language": partner.language,
            "quiet": iso(partner.quiet_at),
            "mail": status.mails[-1].state if status.mails else None,
            "answered_by_its_link": None in by_link,
        },
        "contacts": [
            contact_as_json(one)
            | {"name": row.name, "email": row.email or None, "language": row.language}
            | {"answered_by_its_link": row.id in by_link}
            for one, row in zip(status.contacts, rows, strict=True)
        ],
    }


def _who_answered(session: "Session", partner: "Partner") -> set[int | None]:
    """The contacts by whose links something was ever answered; null is the registered one."""
    from sqlalchemy import select

    from worker.models import Answer

    by_link = select(Answer.contact_id).where(Answer.partner_id == partner.id, Answer.channel == "link")
    return set(session.scalars(by_link.distinct()))


def _person(who: str, email: str, language: str) -> str:
    if not email:
        return f"{who}, at an address that another contact has too, {language}".removeprefix(", ")
    return f"{who} <{email}>, {language}".strip()


def _registered(partner: "Partner") -> str:
    if partner.email_hmac is None:
        return f"{partner.contact or 'no name'}, no email address, {partner.language}"
    return _person(partner.contact, partner.email, partner.language)


def _facts_of_registered(partner: "Partner", answered: bool, status: "PartnerStatus") -> str:
    from worker.cli.status_view.partners import mail_in_short

    told = [mail_in_short(status.mails[-1] if status.mails else None)]
    told += [_ANSWERED] if answered else []
    told += [_NO_MAIL] if partner.quiet_at else []
    return "; ".join(told)


def _facts(one: "ContactStatus", answered: bool, now: "datetime", zone: str) -> str:
    from worker.cli.status_view.partners import mail_in_short
    from worker.cli.status_view.phrases import short_moment

    how = "passed on" if one.added_by == "partner" else "added by you"
    told = [f"{how} {short_moment(one.added, now, zone)}", mail_in_short(one.mail)]
    told += [_ANSWERED] if answered else []
    told += [_NO_MAIL] if one.quiet else []
    told += [f"link ended {short_moment(one.ended, now, zone)}"] if one.ended else []
    return "; ".join(told)


_ANSWERED, _NO_MAIL = "has answered with this link", "unsubscribed"


def _add(name: str, organization: str, email: str, language: str | None, who: str, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.contacts import add_contact
    from worker.cli import lookup
    from worker.state.refusals import SameAddress
    from worker.text import addresses, characters
    from worker.text.languages import LANGUAGES
    from worker.wording.acts import partner as words

    who, typed, (email, wrong) = characters.tidy(who), email, addresses.normalize(email.strip())
    if wrong:
        console.fail(f"--add: {typed!r} is not an email address: {wrong}", console.USAGE)
    if language is not None and language not in LANGUAGES:
        console.fail(f"--language: found {language!r}; expected one of {', '.join(LANGUAGES)}.", console.USAGE)
    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, called, its_language = partner.id, lookup.said(partner, organization), language or partner.language
        try:
            add_contact(session, partner_id, email, language=its_language, name=who)
        except SameAddress:
            console.nothing_to_do(f"{email} can answer for {called} already: nothing was changed.")
        before = words.add_contact(called, email, its_language, is_told=partner.takes_alerts)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, _):
        add_contact(session, partner_id, email, language=its_language, name=who)
    lookup.notify("deliver")
    console.say(" ".join([f"{email} can answer for {called} now.", *before.lines, console.who_sends()]))
    console.say(f"Next: {console.command('contacts', name, organization)}")


def _end(name: str, organization: str, number: int, *, yes: bool, dry_run: bool) -> None:
    from worker.acts.contacts import end_contact
    from worker.cli import lookup
    from worker.state.answers import standing_answer
    from worker.state.contacts import load_contacts_of
    from worker.state.refusals import Erased
    from worker.wording.acts import partner as words

    with lookup.dry_run(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        partner_id, called = partner.id, lookup.said(partner, organization)
        if partner.erased_at is not None:
            raise Erased(organization=called)
        found = load_contacts_of(session, partner)
        if not 1 <= number <= len(found):
            _no_such_number(called, number, found)
        contact_id, contact = found[number - 1].id, words.contact_called(found[number - 1].email, number)
        standing = standing_answer(session, partner_id)
        end_contact(session, partner_id, contact_id, link=None)
        answered = standing is not None and standing.contact_id == contact_id
        before = words.end_contact(called, contact, answered=answered)
    console.agree(before, yes=yes, dry_run=dry_run)
    with lookup.writing(name) as (session, _):
        end_contact(session, partner_id, contact_id, link=None)
    console.say(" ".join([f"The link of {contact} for {called} has ended.", *before.lines]))
    console.say(f"Next: {console.command('contacts', name, organization)}")


def _no_such_number(words: str, number: int, found: "list[Contact]") -> NoReturn:
    if not found:
        console.fail(f"{words} has no further contact, so there is no link to end.")
    numbers = "1" if len(found) == 1 else f"1 to {len(found)}"
    console.fail(f"--end: found {number}; the further contacts of {words} have the numbers {numbers}.", console.USAGE)
