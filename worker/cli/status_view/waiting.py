"""What a person is to look at, below the first lines: whom no email reaches, what was written, and what is asked."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import TypeAlias

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from worker.cli import console, hints
from worker.cli.status_view.partners import numbered, why
from worker.cli.status_view.phrases import CHECK, emails_wait, response, short
from worker.mail.outcomes import REPORT_PREFIX
from worker.state.joining import FIRST_OF_CAMPAIGN
from worker.state.listings import COUNTRY
from worker.state.mail_status import MailStatus
from worker.state.status import CampaignStatus, PartnerStatus
from worker.text import similar_names

_Unreached: TypeAlias = list[tuple[PartnerStatus, MailStatus]]  # partners, each with the mail that tells why


def not_reached(found: CampaignStatus, most: int | None = None) -> list[RenderableType]:
    """Whom no mail reaches, what the server said, and what to do: once for all where it is the same."""
    lost: _Unreached = []
    uncertain: _Unreached = []
    reported: _Unreached = []
    for partner in found.partners:
        if mail := next((mail for mail in reversed(partner.mails) if mail.todo), None):
            of_this = reported if mail.todo == "ask" else uncertain if mail.state == "uncertain" else lost
            of_this.append((partner, mail))
    slug = found.campaign.slug
    return [
        *_block("Not reached", lost, most, slug),
        *_block("Perhaps not reached", uncertain, most, slug),
        *_block("May not have arrived", reported, most, slug),
    ]


def responses(found: CampaignStatus) -> list[RenderableType]:
    """What people and machines wrote back to our mails, in their own words."""
    those = [(partner, one) for partner in found.partners for one in partner.responses]
    lines = [Text("Answers to our emails", style="bold yellow")] if those else []
    for partner, one in those:
        lines.append(Text(f"  {numbered(partner, partner.organization)}, {short(one.at, found)}: {response(one)}"))
    if those:
        lines.append(Text(f"  → {CHECK}"))
    return [*lines]


def wishes(found: CampaignStatus) -> list[RenderableType]:
    """Who would sign if a passage changed, the passage, and what is wished instead."""
    wishing = [partner for partner in found.partners if partner.answer == "change" and not partner.erased]
    lines = [Text("Requests for a change", style="bold yellow")] if wishing else []
    for partner in wishing:
        lines.append(Text(f"  {numbered(partner, partner.organization)}"))
        lines += [Text(f"    now:  {_one_line(partner.passage)}")] if partner.passage else []
        lines.append(Text(f"    new:  {_one_line(partner.reason or '')}"))
    if wishing:
        lines.append(Text(f"  → edit the letter, then: {console.command('amend', found.campaign.slug, '--letter')}"))
    return [*lines]


def names_asked_for(found: CampaignStatus) -> list[RenderableType]:
    """Who asks to be printed under another name, and how to say yes or no."""
    asking = [(partner, partner.proposed) for partner in found.partners if partner.proposed]
    lines = [Text("Other names or countries that wait for your yes or no", style="bold yellow")] if asking else []
    for partner, proposed in asking:
        words = {"": "", COUNTRY: "country: "}
        names = [
            f"{words.get(key, f'{key}: ')}{name}"
            for key, name in proposed.items()
            if key or name != partner.organization or COUNTRY not in proposed
        ]
        lines.append(Text(f"  {numbered(partner, partner.organization)} → {'; '.join(names)}"))
    if asking:
        options = ("--partner", asking[0][0].called if len(asking) == 1 else "NAME", "--name", "yes")
        command = console.command("amend", found.campaign.slug, *options)
        lines.append(Text(f"  → {command}", no_wrap=True, overflow="ignore"))
    return [*lines]


def applicants(found: CampaignStatus) -> list[RenderableType]:
    """Who asks to sign without having been asked, and how to say yes or no."""
    lines = (
        [Text("Organizations that ask to sign, and wait for your yes or no", style="bold yellow")]
        if found.applicants
        else []
    )
    asking, asked = [[one.organization for one in those] for those in (found.applicants, found.partners)]
    times = Counter(map(similar_names.same_name, [*asking, *asked]))
    called = [
        f"#A{one.id}" if times[similar_names.same_name(one.organization)] > 1 else one.organization
        for one in found.applicants
    ]
    for one, word in zip(found.applicants, called, strict=True):
        name = f"{one.organization} ({one.acronym})" if one.acronym else one.organization
        name = f"{word} {name}" if word != one.organization else name
        confirmed = short(one.confirmed_at, found)
        lines.append(Text(f"  {name}, {one.country or 'no country'}; confirmed by email {confirmed}"))
    if found.applicants:
        command = console.command("admit", found.campaign.slug, called[0])
        lines.append(Text(f"  → {command}"))
    return [*lines]


def flood(found: CampaignStatus) -> list[RenderableType]:
    """That very many ask to sign, whether some are turned away, and how to forget whom nobody confirmed."""
    now = found.joining
    if found.campaign.closed_at or not (now.is_flood or now.unconfirmed > FIRST_OF_CAMPAIGN):
        return []
    lines = [Text(f"Many ask to sign: {now.asked_lately:,} within the hour", style="bold yellow")]
    if now.turns_away:
        lines.append(Text("  so many that new ones get no email until fewer ask", style="bold yellow"))
    waits = f"; {emails_wait(now.waiting)} for a turn" if now.waiting else ""
    lines.append(Text(f"  {now.unconfirmed:,} not confirmed by email{waits}"))
    lines.append(Text(f"  → {console.command('admit', found.campaign.slug, '--forget-unconfirmed')}"))
    return [*lines]


def _one_line(typed: str) -> str:
    return " ".join(typed.split())


def _block(title: str, those: _Unreached, most: int | None, slug: str) -> Iterator[RenderableType]:
    if not those:
        return
    yield Text(title, style="bold yellow")
    table = Table.grid(padding=(0, 2))
    for partner, mail in those[:most]:
        suppressed = partner.unreached == "suppressed"
        reason = "an earlier email to this address came back" if suppressed else why(mail)
        table.add_row(Text(f"  {numbered(partner, partner.organization)}"), Text(reason))
        said = (mail.reply or "").removeprefix(REPORT_PREFIX)
        if mail.todo == "ask" and said and said not in reason:
            table.add_row(Text(""), Text(f"the server said: {said}"))
    yield table
    if most is not None and len(those) > most:
        yield Text(f"  and {len(those) - most} more")
    first, mail = those[0]
    assert mail.todo is not None
    sentence, _, command = hints.todo_with_command(mail.todo, slug, first.called).removesuffix("`").partition("`")
    if len(those) > 1 or most is not None:
        command = re.sub(r"(?<= --partner )('([^']|'\"'\"')*'|\S+)+", "NAME", command)
    yield Text(f"  → {sentence.rstrip()}")
    copied = console.hint(f"`{command}`").removeprefix("`").removesuffix("`")
    yield Text(f"    {copied}", no_wrap=True, overflow="ignore")  # to be copied whole
