"""The letter as it will be set: rows and texts brought together, in each rendition, language and format."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

from worker.models import Addressee, Campaign, Rendition
from worker.state import signatories
from worker.state.members import count_in_letter, count_in_letter_sent, is_in_letter
from worker.state.signatories import Signatories
from worker.text import dates, names
from worker.text.file_names import short_title
from worker.text.languages import LANGUAGES, said
from worker.text.names import Printable
from worker.wording import letter_formats, templates
from worker.wording.sheet import UNKNOWN, Confidential, Sheet, fill


class Content(NamedTuple):
    """All that the sheets of a seal are made of: as long as it is equal, so are they."""

    signed: Sequence[Row[Any]]
    """As `signatories.load_signed` reads them."""
    members: int | str
    unsigned: list[Sheet]
    """The letter in each language, with nobody under it."""


def read_content(session: Session, campaign: Campaign) -> Content:
    """What a seal says if it is made now; quickly read, whoever signs."""
    voices = count_in_letter(session, campaign) if is_in_letter(campaign) else UNKNOWN
    nobody = Signatories([], withheld=0)
    unsigned = [build_letter(campaign, nobody, one, members=voices) for one in sorted(campaign.letter.texts)]
    return Content(signatories.load_signed(session, campaign), voices, unsigned)


def build_sheets(campaign: Campaign, content: Content) -> list[tuple[Rendition, Sheet]]:
    """Every sheet of a seal that says this: each rendition in each language of the letter."""
    listed = signatories.as_renditions(content.signed)
    return [
        (rendition, build_letter(campaign, listed[rendition], language, members=content.members))
        for rendition in listed
        for language in sorted(campaign.letter.texts)
    ]


def render(
    sheets: Sequence[tuple[Rendition, Sheet]], dated: datetime, authentic: str
) -> Iterator[tuple[Rendition, str, str, bytes]]:
    """Every document of a seal, as (rendition, language, format, bytes)."""
    made: list[tuple[Sheet, list[tuple[str, bytes]]]] = []
    for rendition, sheet in sheets:
        documents = next((known for other, known in made if other == sheet), None)  # both renditions name the same
        if documents is None:
            documents = [(form.name, content) for form, content in letter_formats.documents(sheet, dated, authentic)]
            made.append((sheet, documents))
        for form_name, content in documents:
            yield rendition, sheet.language, form_name, content


def build_preview(session: Session, campaign: Campaign, rendition: Rendition) -> Sheet:
    """The sheet as it would be sealed now, in the letter's own language; it says on each page that it is not."""
    sheets = build_sheets(campaign, read_content(session, campaign))
    sheet = next(one for of, one in sheets if of == rendition and one.language == campaign.authentic)
    mark = str(templates.translations(sheet.language).gettext("Preview: not sealed, and not sent"))
    return replace(sheet, draft=mark)


def letter_language(campaign: Campaign, wanted: str) -> str:
    """In which language a letter is read: pages speak more of them than it may exist in."""
    return wanted if wanted in campaign.letter.texts else campaign.authentic


def build_draft(
    campaign: Campaign, rows: list[str], language: str, count: str = UNKNOWN, members: int | str = UNKNOWN
) -> Sheet:
    """The letter as pages show it: with these names at most, and no number before it has left.

    A number would tell how many sign without being named, and when.
    """
    return replace(build_letter(campaign, Signatories([], withheld=0), language, count, members), signatories=rows)


def printed_rows(campaign: Campaign, named: Iterable[Printable], language: str) -> list[str]:
    """How these are printed under the letter in one language."""
    authentic = campaign.authentic
    return [names.signatory(partner, language, authentic) for partner in named]


def build_public(
    session: Session, campaign: Campaign, named: Iterable[Printable], language: str, sent_under: int | None
) -> Sheet:
    """The letter on its public page, with those that it names at this moment (`public_list.shown_to_everyone`).

    After it has left, whoever steps back is gone from it at once, and its numbers are those with which it was sent.
    How many are withheld is not said: that number would rise where somebody who steps back still signs.
    """
    rows = printed_rows(campaign, named, language)
    voices = count_in_letter_sent(session, campaign)
    count, persons = (UNKNOWN if number is None else str(number) for number in (sent_under, voices))
    return build_draft(campaign, rows, language, count, persons)


def build_letter(
    campaign: Campaign, listed: Signatories, language: str, count: str = "", members: int | str = UNKNOWN
) -> Sheet:
    """One sheet: the letter in one language with this list under it, and in the text how many sign, named or not.

    `members`: how many persons add their voices, where the text says that.
    """
    letter = campaign.letter
    addressee = letter.addressees[0]
    subject, body = fill(letter.texts[language], count or listed.count, members)
    words = templates.translations(language)
    in_confidence = {one.id for one in listed.in_confidence}
    openly = [one for one in listed.named if one.id not in in_confidence] if in_confidence else listed.named
    return Sheet(
        language=language,
        sender=[campaign.sender_in(language), *said(campaign.sender["lines"], language, campaign.authentic)],
        addressee=postal_block(addressee, language, campaign.authentic),
        date=dates.date(_dated(campaign), campaign.zone, language),
        salutation=said(addressee.salutation, language, campaign.authentic),
        subject=subject,
        body=body,
        list_heading=words.gettext("Signatory Civil Society Organizations"),
        signatories=printed_rows(campaign, openly, language),
        withheld=_withheld(listed, words),
        authentic_note=_note(language, campaign.authentic, words),
        confidential=_confidential(campaign, listed.in_confidence, language, words),
        copies=_copies(campaign, language, words),
    )


def postal_block(addressee: Addressee, language: str, authentic: str) -> list[str]:
    """The lines of an address as they are printed: name, office, then the rest."""
    return [addressee.name_in(language), said(addressee.office, language, authentic), *addressee.address_in(language)]


def letter_subject(campaign: Campaign, language: str, count: int | str = UNKNOWN, members: int | str = UNKNOWN) -> str:
    """The subject as it is sealed, in this language if the letter exists in it."""
    subject, _ = fill(campaign.letter.texts[letter_language(campaign, language)], count, members)
    return subject


def file_title(campaign: Campaign, *, confidential: bool) -> str:
    """`2026-11-29-postpone-the-elections-PUBLIC`: what a file of the letter is called where it may be passed on.

    A number that the subject counts is left out of it.
    """
    day = _dated(campaign).astimezone(ZoneInfo(campaign.zone)).date().isoformat()
    title = short_title(letter_subject(campaign, campaign.authentic)) or "letter"
    return f"{day}-{title}-{'CONFIDENTIAL' if confidential else 'PUBLIC'}"


def salutation(campaign: Campaign, addressee: Addressee) -> str:
    """How an addressee is greeted, in the letter's own language."""
    return str(said(addressee.salutation, campaign.authentic, campaign.authentic))


def _dated(campaign: Campaign) -> datetime:
    return campaign.closed_at or campaign.deadline_at


def _confidential(campaign: Campaign, named: Sequence[Printable], language: str, words: Any) -> Confidential | None:
    """What marks a copy that names somebody in confidence. One that does not is the same sheet as the public one."""
    if not named:
        return None
    notice = words.gettext(
        "Confidential copy for %(name)s. The organizations in the last list are named to you alone: "
        "please do not publish or pass on their names."
    )
    return Confidential(
        notice=notice % {"name": campaign.letter.addressees[0].name_in(language)},
        heading=words.gettext(
            "Organizations that sign and are named to you in confidence: please do not publish or pass on their names"
        ),
        names=printed_rows(campaign, named, language),
        footer=words.gettext("Confidential copy for the addressee"),
    )


def withheld_line(language: str) -> str:
    """The line below the list in which those will stand who are not named, with the letter N for their number."""
    return _line_below_names(templates.translations(language), 2, "N")


def _withheld(listed: Signatories, words: Any) -> str:
    """How many who sign are not named in this copy. It gives no reason, for not all of them have the same one."""
    if not listed.withheld:
        return ""
    if listed.named:
        return _line_below_names(words, listed.withheld, str(listed.withheld))
    return str(
        words.ngettext(
            "This letter is signed by %(number)s organization. It is not named in this copy.",
            "This letter is signed by %(number)s organizations. They are not named in this copy.",
            listed.withheld,
        )
    ) % {"number": listed.withheld}


def _line_below_names(words: Any, withheld: int, number: str) -> str:
    return str(
        words.ngettext(
            "And %(number)s further organization, which is not named in this copy.",
            "And %(number)s further organizations, which are not named in this copy.",
            withheld,
        )
    ) % {"number": number}


def to_whom(addressees: Sequence[Addressee], language: str) -> str:
    """`Ada Weir, with a copy to Bo Lund and Cy Marsh`, within a sentence; the names alone if none is first."""
    copies = dates.listed([one.name_in(language) for one in addressees if one.copy], language)
    first = dates.listed([one.name_in(language) for one in addressees if not one.copy], language)
    if not first or not copies:
        return first or copies
    sentence = str(templates.translations(language).gettext("%(name)s, with a copy to %(copies)s"))
    return sentence % {"name": first, "copies": copies}


def _copies(campaign: Campaign, language: str, words: Any) -> tuple[str, ...]:
    """A line for each addressee that gets a copy, with its office."""
    copy = str(words.gettext("Copy: %(name)s"))
    return tuple(
        copy
        % {"name": ", ".join(filter(None, [one.name_in(language), said(one.office, language, campaign.authentic)]))}
        for one in campaign.letter.addressees
        if one.copy
    )


def _note(language: str, authentic: str, words: Any) -> str:
    if language == authentic:
        return ""
    return str(words.gettext("This is a translation. The %(language)s text is the authoritative one.")) % {
        "language": words.gettext(LANGUAGES[authentic].name)
    }
