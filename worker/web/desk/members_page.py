"""Persons who add their voices: how many, the own words of those that wait, and what the addressee is told next."""

from starlette.responses import Response

from worker import db
from worker.state.digests import first_addressee, load_digest_status
from worker.state.letters import load_letters
from worker.state.member_addresses import count_kept_out
from worker.state.member_counts import FEW, load_breakdown
from worker.state.member_status import load_member_status
from worker.state.members import count_members, number_told
from worker.state.waiting_words import count_waiting_words, load_waiting_words
from worker.text import countries
from worker.web.desk import doing
from worker.web.desk.member_acts import DIGEST, MEMBERS
from worker.web.desk.registry import ACTS
from worker.web.desk.visit import Visit
from worker.wording import digest_status
from worker.wording.acts import members as words
from worker.wording.digests import word_open_digest
from worker.wording.mail_status import response_words
from worker.wording.voices import door_sentence

PAGE = 20  # words that a person reads before it decides
_FOR_FAILED = {"digest-again", "digest-arrived"}


def show_members(visit: Visit) -> Response:
    """How many there are, by country, language and email domain, and nobody's name; for a viewer how many alone."""
    assert visit.seat is not None
    with db.reading() as session:
        at = doing.where(session, visit)
        campaign = at.campaign
        if visit.seat.role == "viewer":
            return visit.show("members_number", campaign=campaign, number=count_members(session, campaign))
        status = load_member_status(session, [campaign], {campaign.id: load_letters(session, campaign)})[campaign.id]
        breakdown, digests = load_breakdown(session, campaign), load_digest_status(session, campaign)
        addressee = first_addressee(campaign).name
        return visit.show(
            "members",
            campaign=campaign,
            members=status,
            door=f"{door_sentence(status.shut, at.language)}.",
            kept_out=words.kept_out(campaign.dropped_domains or (), count_kept_out(session, campaign), at.language),
            told=number_told(session, campaign),
            by_country={_country(code, at.language): number for code, number in breakdown.countries.items()},
            breakdown=breakdown,
            few=FEW,
            answers=[response_words(one.kind, one.words, at.language) for one in status.responses],
            in_the_way=digest_status.in_the_way(digests, addressee, campaign.zone, at.language, has_text=False),
            happened=doing.what_happened(session, visit, ACTS, at),
            offers=doing.offers(ACTS, visit, at, MEMBERS),
        )


def show_words(visit: Visit) -> Response:
    """Own words that wait, so many that a person reads them, each with the mark of what it is that was read."""
    with db.reading() as session:
        at = doing.where(session, visit)
        number = count_waiting_words(session, at.campaign)
        page = min(visit.page, max(1, -(-number // PAGE)))
        return visit.show(
            "words",
            campaign=at.campaign,
            number=number,
            waiting=load_waiting_words(session, at.campaign, most=PAGE, after=(page - 1) * PAGE),
            page=page,
            is_last=page * PAGE >= number,
            happened=doing.what_happened(session, visit, ACTS, at),
        )


def show_digest(visit: Visit) -> Response:
    """The next email to the addressee as it would be sent, but for the link that is the addressee's alone."""
    with db.reading() as session:
        at = doing.where(session, visit)
        campaign, addressee = at.campaign, first_addressee(at.campaign).name
        status = load_digest_status(session, campaign)
        message = word_open_digest(session, campaign, status)
        has_text = message is not None
        offered = doing.offers(ACTS, visit, at, DIGEST)
        return visit.show(
            "digest",
            campaign=campaign,
            in_the_way=digest_status.in_the_way(status, addressee, campaign.zone, at.language, has_text=has_text),
            lines=list(digest_status.lines(status, addressee, campaign.zone, at.language)),
            message=message,
            message_language=campaign.authentic,
            happened=doing.what_happened(session, visit, ACTS, at),
            offers=[one for one in offered if status.waits_for_a_person or one.name not in _FOR_FAILED],
        )


def _country(code: str, language: str) -> str:
    """As it is printed; "other" and no country at all are the page's own words."""
    return code if code in {"", "other"} else countries.country_of(code, language)
