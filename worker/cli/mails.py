"""What an organizer types to look at the mails that a partner got, word for word."""

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
    from worker.state.partner_card import list_mails, number_contacts
    from worker.wording.mail_status import reason_words

    return [
        {
            "number": one.number,
            "kind": one.kind,
            "contact": one.contact,
            "state": one.state,
            "when": one.when.isoformat(),
            "why": reason_words(one.reason),
        }
        for one in list_mails(found, number_contacts(load_contacts_of(session, partner)))
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
    from worker.wording.mail_again import word_again

    try:
        return dict(vars(word_again(session, mail)))
    except NothingToSay:
        console.fail("It cannot be shown any more: its link has ended, or its reader was erased.")


_READ = {
    True: "Word for word as it was sent:",
    False: "It was sent with other words: the letter, an answer or a name has changed since. Now it would say:",
    None: "It has not been sent. Now it would say:",
}
