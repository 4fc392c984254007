"""What sending the letter would do, and noting what became of it."""

from collections.abc import Sequence

from worker.models import Rendition, Reply
from worker.state.blockers import Blocker
from worker.state.disclosures import Notice
from worker.state.facts import CampaignFacts
from worker.state.letters import SealHad
from worker.text import dates
from worker.text.numbers import grouped
from worker.wording import blockers
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def with_names(facts: CampaignFacts, rendition: Rendition = "addressee", language: str = "en") -> str:
    """`The letter of 25 organizations (20 named for everyone, 2 for the addressee only, 3 counted and not named)`.

    Of a copy, which is the public rendition: `The letter of 25 organizations (20 named in it)`.
    """
    words = catalogue(language)
    numbers = [words.gettext(_NAMED[visibility]) % {"n": n} for visibility, n in facts.signing.items() if n]
    if rendition == "public" and facts.named_publicly < facts.signed:
        numbers = [words.gettext(O_("%(n)s named in it")) % {"n": facts.named_publicly}]
    said = On_("The letter of %(n)s organization", "The letter of %(n)s organizations")
    in_detail = f" ({', '.join(numbers)})" if numbers else ""
    return words.ngettext(*said, facts.signed) % {"n": grouped(facts.signed, language)} + in_detail


_NAMED = {
    "public": O_("%(n)s named for everyone"),
    "addressee": O_("%(n)s for the addressee only"),
    "counted": O_("%(n)s counted and not named"),
}


def dispatch(facts: CampaignFacts, to: Sequence[str], overridden: Sequence[Blocker], language: str = "en") -> Before:
    """`to`: names of addressees; `overridden`: what holds the clock back, and not a person."""
    words = catalogue(language)
    first = facts.campaign.letter.addressees[0].name in to
    letter = with_names(facts, "addressee" if first else "public", language)
    goes = words.gettext(O_("%(letter)s goes to %(names)s."))
    lines = [goes % {"letter": letter, "names": dates.listed(to, language)}, *_overridden(overridden, language)]
    lines.append(words.gettext(O_("It leaves within a minute. It cannot be called back.")))
    return Before(words.gettext(O_("Send the letter now?")), lines, words.gettext(O_("Send the letter now")))


def brought(
    facts: CampaignFacts,
    to: Sequence[str],
    overridden: Sequence[Blocker],
    had: SealHad | None,
    *,
    is_first: bool,
    language: str = "en",
) -> Before:
    """That addressees have the letter by another way than our mail, or that an uncertain one arrived.

    `had`: the seal that the first of them has then; `is_first`: whether nobody had the letter before.
    """
    words = catalogue(language)
    first = facts.campaign.letter.addressees[0].name in to
    seal = words.gettext(O_("not sealed"))
    if had is not None:
        moment = dates.day_and_time(had.sealed_at, facts.campaign.zone, language)
        seal = words.gettext(O_("seal %(number)s of %(moment)s")) % {"number": had.number, "moment": moment}
    has = On_(
        "%(letter)s, %(seal)s: it is recorded that %(names)s has it.",
        "%(letter)s, %(seal)s: it is recorded that %(names)s have it.",
    )
    letter = with_names(facts, "addressee" if first else "public", language)
    said = words.ngettext(*has, len(to)) % {"letter": letter, "seal": seal, "names": dates.listed(to, language)}
    follows = O_("The copies for those who signed follow.") if is_first else O_("No email is sent.")
    lines = [said, *_overridden(overridden, language), words.gettext(follows)]
    title = words.gettext(O_("Record that the letter arrived?"))
    return Before(title, lines, words.gettext(O_("Record that it arrived")))


def settled(to: Sequence[str], language: str = "en") -> Before:
    """That letters arrived all the same, whatever was answered to them."""
    words = catalogue(language)
    has = On_(
        "It is recorded that %(names)s has the letter. What was answered to it is deleted.",
        "It is recorded that %(names)s have the letter. What was answered to it is deleted.",
    )
    lines = [words.ngettext(*has, len(to)) % {"names": dates.listed(to, language)}]
    lines.append(words.gettext(O_("No email is sent.")))
    title = words.gettext(O_("Record that the letter arrived?"))
    return Before(title, lines, words.gettext(O_("Record that it arrived")))


def _overridden(found: Sequence[Blocker], language: str) -> list[str]:
    if not found:
        return []
    told = "; ".join(blockers.sentence(one, language).removesuffix(".") for one in found)
    return [catalogue(language).gettext(O_("Overridden: %(why)s.")) % {"why": told}]


def resend(to: Sequence[str], older_seal: int | None, language: str = "en") -> Before:
    """`older_seal`: the number of the seal that may have arrived, where another one goes now."""
    words = catalogue(language)
    names = dates.listed(to, language)
    line = words.gettext(O_("The same letter goes to %(names)s once more.")) % {"names": names}
    if older_seal is not None:
        other = O_(
            "The letter as it is sealed now (not seal %(older)s, which may have arrived) goes to %(names)s once more."
        )
        line = words.gettext(other) % {"names": names, "older": older_seal}
    twice = words.ngettext(*On_("It may then have it twice.", "They may then have it twice."), len(to))
    title, button = O_("Send the letter once more?"), O_("Send it once more")
    return Before(words.gettext(title), [line, twice], words.gettext(button))


def told(notices: Sequence[Notice], language: str = "en") -> Before:
    """That addressees were told who stepped back since they got their copy."""
    words = catalogue(language)
    names = [one.addressee.name for one in notices]
    stepped_back = [partner.organization for one in notices for partner in (*one.withdrawn, *one.unnamed)]
    line = O_("It is recorded that you told %(names)s who has stepped back since the letter was sent.")
    lines = [
        words.gettext(line) % {"names": dates.listed(names, language)},
        words.gettext(O_("What is to be told now is then shown no more. Whoever steps back later is shown again.")),
        words.gettext(O_("No email is sent.")),
    ]
    title, button = O_("Were they told?"), O_("Record that they were told")
    return Before(words.gettext(title), lines, words.gettext(button), list(dict.fromkeys(stepped_back)))


def reply(noted: Reply, zone: str, language: str = "en") -> Before:
    """What an addressee replied, as it was typed."""
    words = catalogue(language)
    facts = {"name": noted.addressee.name if noted.addressee else "", "day": dates.date(noted.came_at, zone, language)}
    lines = [
        words.gettext(O_("%(name)s replied on %(day)s:")) % facts,
        noted.text,
        words.gettext(O_("No email is sent. The note is erased with the campaign.")),
    ]
    return Before(words.gettext(O_("Note this reply?")), lines, words.gettext(O_("Note the reply")))


def ask_to_export(language: str = "en") -> Before:
    """Who signed as a sheet, with withheld names, where a campaign wants two persons for it."""
    words = catalogue(language)
    lines = [
        words.gettext(O_("The sheet holds withheld names, and who signed for each organization.")),
        words.gettext(O_("Another owner is asked. Whoever says yes gets the file.")),
    ]
    return Before(words.gettext(O_("Ask a second person?")), lines, words.gettext(O_("Ask a second person")))
