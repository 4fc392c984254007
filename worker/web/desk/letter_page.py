"""The letter: its text, to whom it goes and what became of it, whom it names, and its files."""

from typing import Any, cast, get_args

from starlette.exceptions import HTTPException
from starlette.responses import Response

from worker import db
from worker.acts.export import export_signatures, note_taken_out
from worker.child_process import ChildFailed
from worker.models import Campaign, Rendition
from worker.state.letter_card import LetterCard, ServedCard, load_letter_card, load_sealed_file, may_be_taken_out
from worker.state.letters import names_in_confidence
from worker.state.organizers import is_at_least
from worker.state.responses import are_for_a_person
from worker.text import languages
from worker.web import downloads
from worker.web.desk import doing
from worker.web.desk.door import acting, require_recent_second_factor
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import Visit
from worker.wording import blockers, export, notice, spreadsheet, standing
from worker.wording import letter as letter_words
from worker.wording.letter_formats import FORMATS
from worker.wording.organizers import O_, catalogue

PAGE = f"{doing.CAMPAIGN}/letter"
MOST_NAMES = 100  # of each rendition on this page; a link leads to all of one
DOWNLOADS = ("pdf", "docx")


def show_letter(visit: Visit) -> Response:
    """All of it for who may change something; for others the text and to whom it goes."""
    with db.reading() as session:
        at = doing.where(session, visit)
        context: dict[str, Any] = {"campaign": at.campaign, "texts": _texts(at.campaign), "card": None}
        if visit.seat is not None and is_at_least(visit.seat.role, "editor"):
            card = load_letter_card(session, at.campaign)
            context |= _card(card, visit.language, visit.request.query_params.get("names", ""))
            context |= {
                "happened": doing.what_happened(session, visit, ACTS, at),
                "offers": [one for one in doing.offers(ACTS, visit, at, below="letter") if card.helps(one.name)],
                "takes_sheet": is_at_least(visit.seat.role, "owner")
                and may_be_taken_out(at.campaign, in_confidence=True),
            }
        return visit.show("letter", **context)


def _texts(campaign: Campaign) -> list[dict[str, Any]]:
    """The letter in each language, without numbers and names."""
    order = sorted(campaign.letter.texts, key=lambda one: (one != campaign.authentic, one))
    return [{"language": one, "sheet": letter_words.build_draft(campaign, [], one)} for one in order]


def _card(card: LetterCard, language: str, whole: str) -> dict[str, Any]:
    """`whole`: the rendition of which all names are asked for."""
    campaign = card.facts.campaign
    return {
        "card": card,
        "blockers": [blockers.sentence(one, language) for one in card.blockers],
        "addressees": [_addressee(one, card, language) for one in card.addressees],
        "lists": [] if campaign.erased_at or campaign.cancelled_at else _lists(card, whole),
        "notices": [{"to": one.addressee.name, "text": notice.as_text(campaign, one)} for one in card.notices],
    }


def _addressee(one: ServedCard, card: LetterCard, language: str) -> dict[str, Any]:
    addressee, mail = one.served.addressee, one.served.mail
    return {
        "name": addressee.name_in(language),
        "office": languages.said(addressee.office, language, card.facts.campaign.authentic),
        "email": addressee.email,
        "is_copy": addressee.copy,
        "at": one.served.at,
        "seal": one.seal,
        "state": standing.served(one.served.state, language) if card.facts.campaign.closed_at else "",
        "to_do": standing.what_to_do(one.served.state, language) if card.facts.campaign.closed_at else "",
        "reply": mail.reply if mail else None,
        "responses": one.letter.responses if one.letter else (),
        "is_doubted": one.letter is not None and are_for_a_person(one.letter.responses),
    }


def _lists(card: LetterCard, whole: str) -> list[dict[str, Any]]:
    """Each rendition: whom it prints in the letter's own language, and how many more it counts."""
    campaign, found = card.facts.campaign, []
    is_there = card.is_sealed or campaign.closed_at is None
    for rendition in get_args(Rendition):
        named = card.named[rendition]
        secret = {one.id for one in named.in_confidence}
        openly = [one for one in named.named if one.id not in secret]
        most = None if rendition == whole else MOST_NAMES
        found.append(
            {
                "rendition": rendition,
                "openly": len(openly),
                "secretly": len(secret),
                "is_whole": rendition == whole,
                "is_cut": most is not None and max(len(openly), len(secret)) > most,
                "rows": letter_words.printed_rows(campaign, openly[:most], campaign.authentic),
                "in_confidence": letter_words.printed_rows(campaign, named.in_confidence[:most], campaign.authentic),
                "withheld": named.withheld,
                "has_files": is_there and may_be_taken_out(campaign, in_confidence=_is_secret(rendition, card)),
            }
        )
    return found


def _is_secret(rendition: Rendition, card: LetterCard) -> bool:
    return rendition == "addressee" and bool(card.named[rendition].in_confidence)


def send_file(visit: Visit) -> Response:
    """One rendition as a file to keep: as it is sealed, or before that as it would be, marked on each page."""
    rendition, _, ending = str(visit.request.path_params["file"]).partition(".")
    if rendition not in get_args(Rendition) or ending not in DOWNLOADS:
        raise HTTPException(404)
    form, of = FORMATS[ending], cast(Rendition, rendition)
    with db.reading() as session:
        campaign = doing.where(session, visit).campaign
        seal = load_sealed_file(session, campaign, of, ending)
        if seal is not None:
            secret = of == "addressee" and names_in_confidence(session, campaign, seal.number)
            title, content = letter_words.file_title(campaign, confidential=secret), seal.content
        elif campaign.closed_at is not None or campaign.cancelled_at is not None:
            raise HTTPException(404)
        else:
            sheet = letter_words.build_preview(session, campaign, of)
            secret = sheet.confidential is not None
            title = f"{letter_words.file_title(campaign, confidential=secret)}-NOT-SEALED"
        if not may_be_taken_out(campaign, in_confidence=secret):
            return _needs_two(visit, campaign)
        if secret:
            require_recent_second_factor(visit)
    if seal is None:
        try:
            content = form.make(sheet, campaign.deadline_at)
        except ChildFailed:
            raise HTTPException(503) from None
    if visit.request.method != "HEAD":
        with acting(visit) as session:
            note_taken_out(session, doing.where(session, visit).campaign, of, ending)
    return downloads.file(content, form.file_name(campaign.authentic, title), form.media_type)


def send_sheet(visit: Visit) -> Response:
    """Who signed, as a sheet."""
    name = str(visit.request.path_params["file"])
    if name not in {"signatures.csv", "signatures.xlsx"}:
        raise HTTPException(404)
    require_recent_second_factor(visit)
    with db.reading() as session:
        campaign = doing.where(session, visit).campaign
        if not may_be_taken_out(campaign, in_confidence=True):
            return _needs_two(visit, campaign)
    if visit.request.method == "HEAD":
        return Response()
    with acting(visit) as session:
        campaign = doing.where(session, visit).campaign
        rows = export_signatures(session, campaign, name.rpartition(".")[2])
        slug = campaign.slug
    if name.endswith(".csv"):
        content = spreadsheet.BYTE_ORDER_MARK + spreadsheet.as_csv(export.COLUMNS, rows)
        return downloads.file(content.encode(), f"{slug}-signatures-CONFIDENTIAL.csv", spreadsheet.CSV_TYPE)
    content_xlsx = spreadsheet.as_xlsx(export.COLUMNS, rows, "Signatures")
    return downloads.file(content_xlsx, f"{slug}-signatures-CONFIDENTIAL.xlsx", spreadsheet.XLSX_TYPE)


def _needs_two(visit: Visit, campaign: Campaign) -> Response:
    words = catalogue(visit.language)
    return visit.show(
        "act_refused",
        409,
        title=words.gettext(O_("Take out withheld names")),
        said=[words.gettext(O_("This campaign wants two persons before withheld names are taken out."))],
        campaign=campaign,
        campaign_path=visit.campaign_path,
        partner=None,
        back=f"{visit.campaign_path}/letter",
    )
