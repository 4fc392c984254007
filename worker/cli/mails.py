"""What an organizer types to look at the mails that a partner got, word for word."""

import re
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli import console
from worker.cli.options import Json, Name, Who

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from worker.models import Campaign, Mail, Partner


def mails(
    name: Name,
    organization: Who,
    show: Annotated[
        int | None, typer.Option("--show", help="Print the email with this number.", metavar="NUMBER")
    ] = None,
    as_json: Json = False,
) -> None:
    """List the emails to an organization, or print one of them.

    Links and codes are left out, because anyone who has them can answer for the organization. `carry` prints them.

    Examples: `undersigned mails cambodia-2023 "Khmer Thavrak"`,
    `undersigned mails cambodia-2023 "Khmer Thavrak" --show 2`
    """
    from worker.cli import lookup
    from worker.state.mail_status import load_mails_to

    with lookup.looking(name) as (session, campaign):
        partner = lookup.partner_named(session, campaign, organization)
        found = load_mails_to(session, partner)
        if show is not None and not 1 <= show <= len(found):
            console.fail(f"--show: found {show}; expected a number of the list, 1 to {len(found)}.", console.USAGE)
        if show is not None:
            given: dict[str, Any] = _read(session, found[show - 1])
            lines = [_READ[given["as_sent"]], "", f"Subject: {given['subject']}", "", given["text"]]
        else:
            given = {"organization": partner.organization, "mails": _as_data(session, partner, found)}
            lines = _listed(session, campaign, partner, given["mails"])
    if as_json:
        console.give(given)
        return
    console.in_utf8()
    print("\n".join(lines))
    if show is None and found:
        console.say(f"To read one: {console.command('mails', name, organization, '--show', '1')}")


def _as_data(session: "Session", partner: "Partner", found: "list[Mail]") -> "list[dict[str, Any]]":
    from worker.state.contacts import load_contacts_of
    from worker.state.mail_status import mail_moment, mail_state, reason_of
    from worker.wording.mail_status import reason_words

    numbers = {contact.id: number for number, contact in enumerate(load_contacts_of(session, partner), 1)}
    return [
        {
            "number": number,
            "kind": mail.kind,
            "contact": numbers.get(mail.contact_id) if mail.contact_id is not None else None,
            "state": mail_state(mail),
            "when": mail_moment(mail).isoformat(),
            "why": reason_words(reason_of(mail)),
        }
        for number, mail in enumerate(found, 1)
    ]


def _listed(session: "Session", campaign: "Campaign", partner: "Partner", found: "list[dict[str, Any]]") -> "list[str]":
    from worker import db
    from worker.cli.status_view.phrases import short_moment
    from worker.text.names import signatory

    if not found:
        return [f"There are no emails to {signatory(partner)}."]
    now = db.clock(session)
    lines = [f"Emails to {signatory(partner)} ({campaign.zone})"]
    for one in found:
        to = "registered contact" if one["contact"] is None else f"contact {one['contact']}"
        moment = short_moment(datetime.fromisoformat(one["when"]), now, campaign.zone)
        why = f": {one['why']}" if one["why"] else ""
        lines.append(f"  {one['number']}: {one['kind']}, to the {to}: {one['state']} {moment}{why}")
    return lines


def _read(session: "Session", mail: "Mail") -> "dict[str, Any]":
    from worker.mail.mime import NothingToSay
    from worker.wording.composing import read_again

    try:
        message, as_sent = read_again(session, mail)
    except NothingToSay:
        console.fail("It cannot be shown any more: its link has ended, or its reader was erased.")
    return {"as_sent": as_sent, "subject": message.subject, "text": _without_secrets(message.text, mail)}


_READ = {
    True: "Word for word as it was sent:",
    False: "It was sent with other words: the letter, an answer or a name has changed since. Now it would say:",
    None: "It has not been sent. Now it would say:",
}


def _without_secrets(text: str, mail: "Mail") -> str:
    """The text without the links and codes of its reader."""
    from worker import settings, tokens

    reader = mail.contact or mail.partner
    if reader is not None:
        for code in (tokens.printed_long_code(reader), tokens.printed_code(reader)):
            text = text.replace(code, "[code]")
    base = re.escape(settings.current().public_url.rstrip("/"))
    return re.sub(rf"{base}/[suj]/[^\s<>]+", "[link]", text)
