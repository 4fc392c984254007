"""The settings of a running campaign."""

from typing import Any

from sqlalchemy.orm import Session

from worker import db
from worker.acts.change_settings import apply_settings
from worker.definition import new_settings
from worker.definition.new_settings import CHANGEABLE, SHOWS
from worker.state.refusals import ShowsMore
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.wording import settings as words
from worker.wording.acts import Before
from worker.wording.acts import settings as acts_words
from worker.wording.organizers import O_, catalogue
from worker.wording.problems import Why


def _read(session: Session, at: At) -> dict[str, Any]:
    """What was typed, as it is kept. Raises Wrong with all that is wrong with it."""
    present = at.campaign.definition
    typed = {key: at.typed[key] for key in CHANGEABLE if key in at.typed}
    values, found = new_settings.read_settings(
        typed, present=present, deadline=at.campaign.deadline_at, now=db.clock(session)
    )
    problems: dict[str, Why] = {**found}
    for key in SHOWS:
        if key in values and key not in problems and new_settings.shows_more(key, present.get(key), values[key]):
            problems[key] = ShowsMore(keys=[key])
    if problems:
        raise Wrong(**problems)
    return values


def _change(session: Session, at: At) -> object:
    return apply_settings(session, at.campaign.id, _read(session, at))


def _before(session: Session, at: At) -> Before:
    values = _read(session, at)
    before = apply_settings(session, at.campaign.id, values)
    return acts_words.change_of(at.campaign, before, values, at.language)


def _form(session: Session, at: At) -> dict[str, Any]:
    """What stands now; of what is shown, the present and what shows less."""
    present, own = at.campaign.definition, catalogue(at.language)
    typed = {key: new_settings.as_typed(key, present[key]) for key in CHANGEABLE if key in present}
    typed |= {key: order[0] for key, order in SHOWS.items() if key not in present}
    return {
        "typed": typed,
        "options": {
            key: [
                (one, _as_sentence(own.gettext(sentences[one])))
                for one in reversed(SHOWS[key])
                if not new_settings.shows_more(key, present.get(key), one)
            ]
            for key, sentences in (("public_page", words.PUBLIC_PAGE), ("show_signers", words.SHOW_SIGNERS))
        },
        "is_open": at.campaign.takes_answers(at.visitor.now),
        "is_waiting": at.campaign.dispatched_at is None,
    }


def _as_sentence(said: str) -> str:
    return said[:1].upper() + said[1:]


SETTINGS = DeskAct(
    "settings",
    O_("Change settings"),
    "deadline",
    _before,
    _change,
    form_page="settings",
    form=_form,
    is_dangerous=True,
    fits=lambda at: at.campaign.cancelled_at is None and at.campaign.erased_at is None,
)
