"""What a change of the list of partners would do: some are added, one is taken out or put back."""

from collections.abc import Sequence
from gettext import NullTranslations

from worker.definition.additions import Additions
from worker.definition.partners import PartnerRow
from worker.models import Partner
from worker.state.newcomers import Alike, Compared, LeftOut, Why
from worker.text import names
from worker.text.numbers import grouped
from worker.wording.acts import Before
from worker.wording.organizers import O_, On_, catalogue


def take_out(partner: Partner, told: int, *, answered: bool, voids: bool, language: str = "en") -> Before:
    """`told`: how many mails tell it; `voids`: whether a sealed letter may count it."""
    words = catalogue(language)
    who = {"partner": names.signatory(partner)}
    lines = [
        words.gettext(
            O_(
                "%(partner)s is then in no list and no count, and gets no more email. Its link says that it is no "
                "longer asked."
            )
        )
        % who
    ]
    if answered:
        lines.append(words.gettext(O_("The answer that it gave does not count any more.")))
    if voids:
        lines.append(words.gettext(O_("The letter is sealed again without it.")))
    if told:
        said = On_("%(n)s email says so; it leaves in a minute.", "%(n)s emails say so; they leave in a minute.")
        lines.append(words.ngettext(*said, told) % {"n": grouped(told, language)})
    else:
        lines.append(words.gettext(O_("It is told by no email: none has reached it, or it wants none.")))
    if partner.campaign.closed_at is None:
        lines.append(words.gettext(O_("You can put it back until the deadline.")))
    title = words.gettext(O_("Take %(partner)s out of the list?")) % who
    return Before(title, lines, words.gettext(O_("Take it out")))


def put_back(partner: Partner, *, asked: bool, language: str = "en") -> Before:
    """`asked`: whether an invitation goes to it."""
    words = catalogue(language)
    who = {"partner": names.signatory(partner)}
    if asked:
        line = words.gettext(O_("It gets an invitation, a minute later, and its link takes an answer again."))
    else:
        line = words.gettext(O_("Its link takes an answer again. It gets no email now."))
    title = words.gettext(O_("Put %(partner)s back into the list?")) % who
    return Before(title, [line], words.gettext(O_("Put it back")))


MAX_SAID = 30  # of one kind


def add(
    additions: Additions,
    compared: Compared,
    rows: Sequence[PartnerRow],
    asked: int,
    remarks: Sequence[str] = (),
    language: str = "en",
) -> Before:
    """`rows` are those that are added, as they are printed; `asked`: how many invitations follow.

    `remarks`: what was changed in the list as it was read, and what looks alike.
    """
    words = catalogue(language)
    number = len(rows)
    added = On_("%(n)s organization is added to the list.", "%(n)s organizations are added to the list.")
    lines = [words.ngettext(*added, number) % {"n": grouped(number, language)}]
    if asked:
        said = On_("%(n)s invitation goes out, a minute later.", "%(n)s invitations go out, a minute later.")
        lines.append(words.ngettext(*said, asked) % {"n": grouped(asked, language)})
    if by_hand := sum(not row.email for row in rows):
        said = On_("%(n)s has no email address: ask it yourself.", "%(n)s have no email address: ask them yourself.")
        lines.append(words.ngettext(*said, by_hand) % {"n": grouped(by_hand, language)})
    came_back = O_("%(partner)s gets no email, because an earlier one to its address came back.")
    lines += _few(
        words,
        language,
        [
            _placed(additions, at, words.gettext(came_back) % {"partner": additions.rows[at].organization})
            for at in compared.without_mail
        ],
    )
    lines += left_out(additions, compared.left_out, language)
    lines += remarks
    ask = On_("Add %(n)s organization?", "Add %(n)s organizations?")
    return Before(
        words.ngettext(*ask, number) % {"n": grouped(number, language)},
        lines,
        words.gettext(O_("Add and invite")) if asked else words.gettext(O_("Add")),
        [row.organization for row in rows],
    )


def alike(found: Sequence[Alike], language: str = "en") -> list[str]:
    """A sentence for each row that may be a partner under another name."""
    words = catalogue(language)
    look = O_(
        "“%(row)s” looks like %(partner)s (#%(number)d), which is in the list already. If they are one organization, "
        "do not add it."
    )
    said = [{"row": one.row, "partner": one.organization, "number": one.number} for one in found]
    return _few(words, language, [words.gettext(look) % facts for facts in said])


def left_out(additions: Additions, those: Sequence[LeftOut], language: str = "en") -> list[str]:
    """A sentence for each row that is not added, by its number."""
    words = catalogue(language)
    said = [
        _placed(
            additions,
            one.at,
            words.gettext(_LEFT_OUT[one.why])
            % {"row": additions.rows[one.at].organization, "partner": one.organization, "number": one.number},
        )
        for one in those
    ]
    return _few(words, language, said)


_LEFT_OUT: dict[Why, str] = {
    "partner": O_("%(row)s is a partner already (%(partner)s, #%(number)d), so it is left out."),
    "address": O_("%(row)s has the address of a partner (%(partner)s, #%(number)d), so it is left out."),
    "taken out": O_("%(row)s was taken out of the list (%(partner)s, #%(number)d), so it is left out: put it back."),
    "applicant": O_("%(row)s asks to sign itself (%(partner)s, #A%(number)d), so it is left out: say yes to that."),
}


def _placed(additions: Additions, at: int, sentence: str) -> str:
    where = additions.where(at)
    return f"{where[:1].upper()}{where[1:]}: {sentence}" if where else sentence


def _few(words: NullTranslations, language: str, said: Sequence[str]) -> list[str]:
    more = On_("And %(n)s more of this kind.", "And %(n)s more of this kind.")
    rest = len(said) - MAX_SAID
    return [*said[:MAX_SAID], *([words.ngettext(*more, rest) % {"n": grouped(rest, language)}] if rest > 0 else [])]
