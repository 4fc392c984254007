"""The table of partners, and how each of them and its last email stand in a few words."""

import re
from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from worker.choices import CHOICES
from worker.cli import console
from worker.cli.status_view.phrases import short
from worker.state.mail_status import MailStatus
from worker.state.status import CampaignStatus, ContactStatus, PartnerStatus
from worker.wording.mail_status import reason_words

NARROW = 100  # columns under which an organization is its acronym, and the rest is stacked beside it
_TO_EXPLAIN = {"refused", "bounced", "deferred", "uncertain", "cancelled"}
_MAX_SHORT_NAME = 34


def partners_table(
    found: CampaignStatus, partners: Sequence[PartnerStatus], width: int, *, one_line: bool = False
) -> Table:
    """Who was asked when, who answered what and when, who was reminded, whose mail was refused and why."""
    if width < NARROW:
        return _narrow(found, partners, one_line=one_line)
    endless = width >= console.NO_EDGE
    table = Table(box=None, pad_edge=False, expand=not endless)
    table.add_column("organization", ratio=None if endless else 1, no_wrap=True, overflow="ellipsis")
    for name in ("asked", "answer", "answered"):
        table.add_column(name, no_wrap=True)
    table.add_column(
        "", max_width=None if endless else 40, no_wrap=one_line, overflow="ellipsis" if one_line else "fold"
    )
    for partner in partners:
        asked = short(partner.asked, found) or partner.invitation
        cells = (
            numbered(partner, _with_acronym(partner)),
            asked,
            _answer(partner),
            short(partner.answered, found),
            _aside(partner),
        )
        table.add_row(*map(Text, cells))
    return table


def _narrow(found: CampaignStatus, partners: Sequence[PartnerStatus], *, one_line: bool) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("organization", no_wrap=True, max_width=_MAX_SHORT_NAME, overflow="ellipsis")
    table.add_column("", no_wrap=one_line, overflow="ellipsis" if one_line else "fold")
    for partner in partners:
        asked = short(partner.asked, found)
        latest = f"{_answer(partner)} {short(partner.answered, found)}" if partner.answer else ""
        first = latest or (f"asked {asked}" if asked else partner.invitation)
        told = [first, *filter(None, [_aside(partner)])]
        name = numbered(partner, ", ".join(filter(None, [partner.acronym, partner.organization])))
        table.add_row(Text(name), Text((" · " if one_line else "\n").join(told)))
    return table


def _with_acronym(partner: PartnerStatus) -> str:
    return f"{partner.organization} ({partner.acronym})" if partner.acronym else partner.organization


def numbered(partner: PartnerStatus, name: str) -> str:
    """Its name, after its number where another has the same: a name that is too long loses its end."""
    return f"{partner.called} {name}" if partner.namesake else name


def most_telling(partners: Sequence[PartnerStatus], room: int) -> tuple[list[PartnerStatus], int]:
    """Those who did not answer, then the latest answers, which have a third of the room at least."""
    unfinished = [one for one in partners if one.answer is None]
    answered = [(one.answered, one) for one in partners if one.answer and one.answered]
    latest = [one for _, one in sorted(answered, key=lambda pair: pair[0], reverse=True)]
    room = max(room, 3)
    answers_shown = min(len(latest), max(room // 3, room - len(unfinished)))
    chosen = unfinished[: room - answers_shown] + latest[:answers_shown]
    return chosen, len(partners) - len(chosen)


def mail_in_short(mail: MailStatus | None) -> str:
    """`last mail bounced: the mailbox does not exist (550 5.1.1)`."""
    if mail is None:
        return "no email yet"
    to_explain = mail.state in _TO_EXPLAIN or mail.reported or mail.delayed
    return f"last email {mail.state}" + (f": {why(mail)}" if to_explain else "")


def why(mail: MailStatus) -> str:
    """`the mailbox does not exist (550 5.1.1)`: in words, and with what a mail administrator asks for."""
    words = reason_words(mail.reason) or "the server gave no reason"
    code = re.match(r"(?:came back: )?([245]\d\d(?: [245]\.\d+\.\d+)?)\b", mail.reply or "")
    return f"{words} ({code[1]})" if code and code[1] not in words else words


def _answer(partner: PartnerStatus) -> str:
    if partner.answer is None:
        return ""
    choice = CHOICES[partner.answer]
    return (choice.shown_as or choice.did) + (f" ({partner.visibility})" if partner.visibility else "")


def _aside(partner: PartnerStatus) -> str:
    """What else an organizer wants to know of a partner: why its mail did not arrive, or how often it was reminded."""
    if partner.erased:
        return "erased"
    invitation = next((mail for mail in reversed(partner.mails) if mail.kind == "invitation"), None)
    further = contacts_in_short(partner.contacts)
    latest = partner.mails[-1] if partner.mails else None
    delayed = "the last email is delayed" if latest and latest.delayed else ""
    doubt = "the last email may not have arrived" if partner.may_not_have_arrived else ""
    if invitation and invitation.state in _TO_EXPLAIN and not (invitation.todo or partner.answer or partner.silenced):
        return ", ".join(filter(None, [why(invitation), further]))
    times = len(partner.reminded)
    reminded = {0: "", 1: "reminded"}.get(times, f"reminded {times} times")
    quiet = "you stopped its email" if partner.silenced else "unsubscribed" if partner.quiet else ""
    disowned = "says that an answer was not its own" if partner.disowned else ""
    carried = "invitation brought there" if partner.carried else ""
    by_hand = "by hand" if partner.channel == "by hand" else ""
    passed_on = "passed on" if partner.passed_on else ""
    earlier = "signed the earlier text" if partner.earlier == "sign" else ""
    through = f"by contact {partner.through}" if partner.through else ""
    guessed = "" if partner.takes_six_digits else "somebody guessed at its code: the six digits no longer work"
    said = [doubt, delayed, guessed, disowned, earlier, passed_on, carried, reminded, quiet, by_hand, through, further]
    return ", ".join(filter(None, said))


def contacts_in_short(contacts: Sequence[ContactStatus]) -> str:
    """`2 further contacts, 1 ended`; nothing where there is none."""
    ended = sum(one.ended is not None for one in contacts)
    told = [console.count(len(contacts), "further contact")] if contacts else []
    return ", ".join(told + ([f"{ended} ended"] if ended else []))
