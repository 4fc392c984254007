"""An invitation that a person carries: a message for Signal or WhatsApp, or a page with a QR code to print.

Both hold link and codes, as a mail does, and name neither organization nor letter, nor the partner's country (by its
time): papers and screens are seen.
"""

import base64

from markupsafe import Markup
from sqlalchemy.orm import Session

from worker import db, settings, tokens
from worker.models import Partner
from worker.state.refusals import Closed
from worker.text import dates
from worker.text.languages import LANGUAGES
from worker.wording import templates


def as_message(session: Session, partner: Partner) -> str:
    """What to copy into a messenger, in the partner's language. Raises Closed once answers are taken no more."""
    return "\n\n".join([*_sentences(session, partner), ""])


def as_page(session: Session, partner: Partner) -> str:
    """The same as an HTML page to print, which asks nothing of the network. Raises Closed as `as_message` does."""
    asks, where, link, code, long_code, care = _sentences(session, partner)
    font = LANGUAGES[_language(partner)].page_font
    content = (settings.current().templates_dir / "pages" / font).read_bytes() if font else b""
    context = {
        "asks": asks,
        "where": where,
        "link": link,
        "code": code,
        "long_code": long_code,
        "care": care,
        "qr": as_picture(partner),
        "font": base64.b64encode(content).decode(),
    }
    return templates.page("pages/carried.html", _language(partner), **context)


def as_picture(partner: Partner) -> Markup:
    """Its link as a QR code, an SVG picture."""
    import segno

    drawn = segno.make(str(tokens.link(partner)), error="m", micro=False)
    return Markup(drawn.svg_inline(border=4, light="#fff", omitsize=True))


def _sentences(session: Session, partner: Partner) -> tuple[str, str, str, str, str, str]:
    campaign, language = partner.campaign, _language(partner)
    if not campaign.takes_answers(at=db.clock(session)):
        raise Closed.to("hand_out", campaign)
    words = templates.translations(language)
    until = dates.day_and_time(campaign.deadline_at, campaign.zone, language)
    until += dates.in_utc(campaign.deadline_at, campaign.zone, language)
    return (
        words.gettext("Your organization is invited to sign a joint letter. Please reply by %(deadline)s.")
        % {"deadline": until},
        words.gettext("Read the letter and answer here:"),
        str(tokens.link(partner)),
        words.gettext("Confirmation code: %(code)s") % {"code": tokens.printed_code(partner)},
        words.gettext("Long code: %(code)s. The page asks for it only after many wrong codes.")
        % {"code": tokens.printed_long_code(partner)},
        words.gettext(
            "Opening the link changes nothing. Anyone who has the link and the code can answer for you: please do "
            "not pass them on."
        ),
    )


def _language(partner: Partner) -> str:
    return partner.language if partner.language in LANGUAGES else "en"
