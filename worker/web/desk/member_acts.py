"""Persons' voices: the door for them, their own words, what the addressee is told of them."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from worker.acts.digests import DigestWish, decide_about_digests
from worker.acts.door_for_voices import reopen_voices, stop_voices
from worker.acts.erase_members import erase_member
from worker.acts.leave_out import leave_names_out
from worker.acts.own_words import decide_words
from worker.acts.voices_by_hand import AT_ONCE, drop_domain, let_domain_again, withdraw_one
from worker.models import Member
from worker.state.digests import first_addressee, load_digest_status, load_names_to_tell
from worker.state.member_addresses import get_member
from worker.state.member_counts import shut_because
from worker.state.refusals import MembersUnchanged
from worker.state.waiting_words import load_waiting_words, read_number
from worker.text import addresses
from worker.text.names import as_told
from worker.web.desk.doing import At, DeskAct, Wrong
from worker.web.forms import wrong_with_address
from worker.wording.acts import Before
from worker.wording.acts import members as words
from worker.wording.organizers import O_

MOST_TO_COPY = 2_000  # names that are listed to be copied from
MEMBERS, WORDS, DIGEST = "members", "members/words", "members/digest"


def _has_voices(at: At) -> bool:
    return at.campaign.members != "closed" and at.campaign.erased_at is None


def _has_digests(at: At) -> bool:
    return _has_voices(at) and at.campaign.cancelled_at is None


def _before_stop(session: Session, at: At) -> Before:
    return words.stop_voices(stop_voices(session, at.campaign.id), at.language)


def _before_reopen(session: Session, at: At) -> Before:
    reopen_voices(session, at.campaign.id)
    return words.reopen_voices(shut_because(at.campaign), at.language)


def _read_address(at: At) -> str:
    typed = at.typed.get("email", "")
    if problem := wrong_with_address(typed):
        raise Wrong(email=problem)
    return addresses.normalize(typed.strip())[0]


def _before_withdraw(session: Session, at: At) -> Before:
    member = withdraw_one(session, at.campaign.id, _read_address(at))
    confirmed, told = member.confirmed_at is not None, member.digest_id is not None
    return words.withdraw_one(confirmed=confirmed, told=told, language=at.language)


def _erase(session: Session, at: At) -> Member:
    member = get_member(session, at.campaign, _read_address(at))
    erase_member(session, member.id)
    return member


def _before_erase(session: Session, at: At) -> Before:
    return words.erase_member(told=_erase(session, at).digest_id is not None, language=at.language)


def _read_domain(at: At) -> str:
    domain = addresses.domain(at.typed.get("domain", ""))
    if not domain:
        raise Wrong(domain="domain wrong")
    return domain


def _before_drop(session: Session, at: At) -> Before:
    domain = _read_domain(at)
    return words.drop_domain(drop_domain(session, at.campaign.id, domain), domain, AT_ONCE, at.language)


def _let_domain(session: Session, at: At) -> int:
    return let_domain_again(session, at.campaign.id, _read_domain(at))


def _before_let_domain(session: Session, at: At) -> Before:
    return words.let_domain_again(_read_domain(at), _let_domain(session, at), at.language)


def _dropped_domains(session: Session, at: At) -> dict[str, Any]:
    dropped = at.campaign.dropped_domains or []
    return {"dropped": dropped, "typed": {"domain": dropped[0] if len(dropped) == 1 else ""}}


def _read_decisions(typed: Mapping[str, str]) -> tuple[dict[int, str], dict[int, str]]:
    """The marks that were read, by person: of words that were agreed to, and that were refused."""
    agree, refuse = dict[int, str](), dict[int, str]()
    for name, said in typed.items():
        if number := read_number(name):
            if said == "no":
                refuse[number[0]] = number[1]
            elif said == "yes" or typed.get("others") == "yes":
                agree[number[0]] = number[1]
    if not (agree or refuse):
        raise MembersUnchanged(because="no words chosen")
    return agree, refuse


def _decide(session: Session, at: At) -> None:
    agree, refuse = _read_decisions(at.typed)
    decide_words(session, at.campaign.id, agree=agree, refuse=refuse)


def _before_decide(session: Session, at: At) -> Before:
    agree, refuse = _read_decisions(at.typed)
    waiting = load_waiting_words(session, at.campaign, those=agree.keys() | refuse.keys())
    decide_words(session, at.campaign.id, agree=agree, refuse=refuse)
    agreed, refused = ([one for one in waiting if one.member_id in which] for which in (agree, refuse))
    return words.decide_words(agreed, refused, at.language)


def _digests(wish: DigestWish) -> Callable[[Session, At], int]:
    return lambda session, at: decide_about_digests(session, at.campaign.id, wish)


def _before_hold(session: Session, at: At) -> Before:
    decide_about_digests(session, at.campaign.id, "hold")
    return words.hold_digests(at.language)


def _before_resume(session: Session, at: At) -> Before:
    status = load_digest_status(session, at.campaign)
    decide_about_digests(session, at.campaign.id, "resume")
    return words.resume_digests(status, at.language)


def _before_stop_digests(session: Session, at: At) -> Before:
    decide_about_digests(session, at.campaign.id, "stop")
    return words.stop_digests(at.language)


def _restart(session: Session, at: At) -> int:
    """What a command's `--yes` answers too is a tick of its own: only the addressee can ask for these emails again."""
    if at.typed.get("asked") != "yes":
        raise Wrong(asked="tick missing")
    return decide_about_digests(session, at.campaign.id, "restart")


def _restart_form(session: Session, at: At) -> dict[str, Any]:
    by, addressee = at.campaign.digests_stopped_by, first_addressee(at.campaign).name
    return {"lines": words.restart_digests(by, addressee, at.language).lines[:1]}


def _before_restart(session: Session, at: At) -> Before:
    by, addressee = at.campaign.digests_stopped_by, first_addressee(at.campaign).name
    _restart(session, at)
    return words.restart_digests(by, addressee, at.language)


def _before_again(session: Session, at: At) -> Before:
    return words.send_again(decide_about_digests(session, at.campaign.id, "again"), at.language)


def _before_arrived(session: Session, at: At) -> Before:
    return words.note_arrived(decide_about_digests(session, at.campaign.id, "arrived"), at.language)


def _read_names(at: At) -> list[str]:
    names = [line for line in at.typed.get("names", "").splitlines() if line.strip()]
    if not names:
        raise Wrong(names="name missing")
    return names


def _names_form(session: Session, at: At) -> dict[str, Any]:
    return {"to_tell": list(load_names_to_tell(session, at.campaign))[:MOST_TO_COPY]}


def _before_leave_out(session: Session, at: At) -> Before:
    names = _read_names(at)
    persons = leave_names_out(session, at.campaign.id, names)
    return words.leave_names_out([as_told(name) for name in names], persons, at.language)


def _of_digests(wish: DigestWish, label: str, before: Callable[[Session, At], Before], **more: Any) -> DeskAct:
    about: dict[str, Any] = {"do": _digests(wish), "fits": _has_digests, "wakes": (), "wakes_for_it": ("digest",)}
    return DeskAct(f"digest-{wish}", label, "members", before, below=DIGEST, **about | more)


ACTS = (
    DeskAct(
        "words-decide",
        O_("Decide about own words"),
        "members",
        _before_decide,
        _decide,
        below=WORDS,
        fits=lambda at: False,  # the page of words is its form
        wakes=(),
    ),
    DeskAct(
        "voices-stop",
        O_("Let nobody add a voice any more"),
        "members",
        _before_stop,
        lambda session, at: stop_voices(session, at.campaign.id),
        below=MEMBERS,
        fits=lambda at: shut_because(at.campaign) in {None, "not public"},
        wakes=(),
    ),
    DeskAct(
        "voices-reopen",
        O_("Let persons add their voices again"),
        "members",
        _before_reopen,
        lambda session, at: reopen_voices(session, at.campaign.id),
        below=MEMBERS,
        fits=lambda at: at.campaign.voices_stopped_at is not None,
        wakes=(),
    ),
    DeskAct(
        "voices-withdraw",
        O_("Withdraw one voice"),
        "members",
        _before_withdraw,
        lambda session, at: withdraw_one(session, at.campaign.id, _read_address(at)),
        form_page="voices_withdraw",
        below=MEMBERS,
        fits=_has_voices,
        wakes=(),
    ),
    DeskAct(
        "voices-erase",
        O_("Erase one person"),
        "members",
        _before_erase,
        _erase,
        form_page="voices_erase",
        is_dangerous=True,
        below=MEMBERS,
        fits=_has_voices,
        then=O_("Please erase your own notes and emails too. Older backups still hold it."),
        wakes=("scrub",),
    ),
    DeskAct(
        "voices-drop-domain",
        O_("Withdraw all voices of one email domain"),
        "members",
        _before_drop,
        lambda session, at: drop_domain(session, at.campaign.id, _read_domain(at)),
        form_page="voices_drop_domain",
        needs="owner",
        is_dangerous=True,
        below=MEMBERS,
        fits=_has_voices,
        wakes=(),
    ),
    DeskAct(
        "voices-let-domain",
        O_("Accept voices from an email domain again"),
        "members",
        _before_let_domain,
        _let_domain,
        form_page="voices_let_domain",
        form=_dropped_domains,
        needs="owner",
        sends=True,
        below=MEMBERS,
        fits=lambda at: _has_voices(at) and bool(at.campaign.dropped_domains),
    ),
    _of_digests(
        "hold",
        O_("Hold these emails"),
        _before_hold,
        fits=lambda at: _has_digests(at) and at.campaign.digests_held_at is None,
    ),
    _of_digests(
        "resume",
        O_("Resume these emails"),
        _before_resume,
        sends=True,
        fits=lambda at: _has_digests(at) and at.campaign.digests_held_at is not None,
    ),
    DeskAct(
        "digest-leave-out",
        O_("Leave out a name"),
        "members",
        _before_leave_out,
        lambda session, at: leave_names_out(session, at.campaign.id, _read_names(at)),
        form_page="digest_leave_out",
        form=_names_form,
        below=DIGEST,
        fits=lambda at: _has_digests(at) and at.campaign.members == "named",
        wakes=(),
        wakes_for_it=("digest",),
    ),
    _of_digests("again", O_("It did not arrive: send it again"), _before_again, sends=True),
    _of_digests("arrived", O_("It is there: record that"), _before_arrived),
    _of_digests(
        "stop",
        O_("Stop these emails: the addressee wants none"),
        _before_stop_digests,
        fits=lambda at: _has_digests(at) and at.campaign.digests_stopped_at is None,
    ),
    _of_digests(
        "restart",
        O_("Start these emails again"),
        _before_restart,
        do=_restart,
        form_page="digest_restart",
        form=_restart_form,
        sends=True,
        fits=lambda at: _has_digests(at) and at.campaign.digests_stopped_at is not None,
    ),
)
