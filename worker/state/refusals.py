"""Why an act does not do what it was asked: a code and facts. `wording/refusals.py` has the sentences."""

from typing import Any, ClassVar, Literal

from worker.models import Campaign

ClosedFor = Literal[
    "answer", "extend", "amend", "remind", "admit", "hand_out", "rename", "merge", "remove", "add", "close", "change",
]  # fmt: skip


class Refused(Exception):
    """An act was refused; `code` says why, `facts` what the sentence about it needs."""

    code: ClassVar[str]

    def __init__(self, **facts: Any) -> None:
        super().__init__(self.code)  # no facts: they may be names, and exceptions are logged
        self.facts = facts


class Closed(Refused):
    """The deadline has passed, the list was closed early, or the letter was cancelled: nothing more can be added."""

    code = "closed"

    @classmethod
    def to(cls, what: ClosedFor, campaign: Campaign) -> "Closed":
        """The refusal of one act, with whether the list was closed before the deadline, or the letter cancelled."""
        return cls(what=what, early=campaign.was_closed_early, cancelled=campaign.cancelled_at is not None)


class InPanic(Refused):
    """The campaign is in panic: nothing that exposes or sends, or moves it on, is done until an owner ends that."""

    code = "in_panic"


class SecondPersonNeeded(Refused):
    """The campaign wants two persons for this act, and one has asked. Facts: act (an ActOfTwo), fields."""

    code = "second_person_needed"


class NoSecondPerson(Refused):
    """This person cannot say yes to it. Facts: not_second (why)."""

    code = "no_second_person"


class RequestOver(Refused):
    """The request was decided, has ended, or whoever asked may not do it any more. Facts: over (why)."""

    code = "request_over"


class LetterHasLeft(Refused):
    """The letter is with its addressee, or on the way: it cannot be recalled."""

    code = "letter_has_left"


class AlreadyServed(Refused):
    """The addressee has the letter, or every addressee does: there is nothing to note."""

    code = "already_served"


class LetterChanged(Refused):
    """The letter means something else now than it did when it was read."""

    code = "letter_changed"


class LinkRevoked(Refused):
    """The link was revoked after it was opened (its generation was raised): it speaks for nobody any more."""

    code = "link_revoked"


class Silenced(Refused):
    """An organizer sends the partner no mail at all, so its links do nothing that exposes it more."""

    code = "silenced"


class AnsweredMeanwhile(Refused):
    """Another answer stands than the one on the page that was sent. The page says which."""

    code = "answered_meanwhile"


class NoSuchContact(Refused):
    """The contact is not one of this partner, or its link was ended already."""

    code = "no_such_contact"


class NotSigned(Refused):
    """There is no signature to withdraw. Facts: organization."""

    code = "not_signed"


class NotAnswered(Refused):
    """No answer stands, so there is none to disown."""

    code = "not_answered"


class NotOffered(Refused):
    """The campaign does not let partners sign with this visibility. Facts: visibilities."""

    code = "not_offered"


class NotFilledIn(Refused):
    """A field of an answer or a listing is missing or cannot be taken. Facts: problems, a code by field."""

    code = "not_filled_in"


class RateLimited(Refused):
    """The address gets no mail of this kind from us, or not now."""

    code = "rate_limited"


NotMailedReason = Literal["no address", "unsubscribed", "silenced", "came back", "waits", "lately", "nothing to say"]


class NotMailed(Refused):
    """No mail goes to the partner again now. Facts: organization, why (a NotMailedReason)."""

    code = "not_mailed"


class TooManyAtOnce(Refused):
    """So many have asked to add their voices that their mails could not leave within a day: later they can again."""

    code = "too_many_at_once"


class NoVoice(Refused):
    """There is no voice that stands, so none to correct."""

    code = "no_voice"


class PassedOnTooOften(Refused):
    """The partner has passed its invitation on as often as it can."""

    code = "passed_on_too_often"


class ContactNotMailed(Refused):
    """One more contact could not be sent its link. Facts: organization, email, silenced (or one came back)."""

    code = "contact_not_mailed"


class AlreadySilenced(Refused):
    """An organizer has stopped all mail to the partner already. Facts: organization."""

    code = "already_silenced"


class NotSilenced(Refused):
    """The partner gets mail: nobody has stopped it. Facts: organization."""

    code = "not_silenced"


class SameAddress(Refused):
    """It is the partner's own address already, and nothing came back from it. Facts: organization."""

    code = "same_address"


class Erased(Refused):
    """Nothing is kept of the partner but what stands under the letter. Facts: organization."""

    code = "erased"


class NotAnAddress(Refused):
    """What was typed is no mail address. Facts: typed, reason (a sentence)."""

    code = "not_an_address"


class AlreadyDecided(Refused):
    """An organizer has said yes or no already."""

    code = "already_decided"


class WordsNotDecided(Refused):
    """Own words are not there as they were read. Facts: unknown, changed, decided, each a list of numbers."""

    code = "words_not_decided"


VoicesUnchanged = Literal[
    "closed", "stopped", "cancelled", "erased", "not stopped", "withdrawn", "no domain", "not dropped",
    "no words chosen",
    "digests held", "digests not held", "digests stopped", "digests not stopped", "no digest failed",
]  # fmt: skip


class MembersUnchanged(Refused):
    """It is so already, of persons or of what the addressee is told of them. Facts: because (a VoicesUnchanged)."""

    code = "members_unchanged"


class NoSuchMember(Refused):
    """Nobody added a voice with this email address."""

    code = "no_such_member"


class NameNotTold(Refused):
    """Names of persons are in no mail to the addressee that is still to leave. Facts: numbers, by their places."""

    code = "name_not_told"


class NoDigests(Refused):
    """Persons cannot add their voices to this letter, so there are no mails about them."""

    code = "no_digests"


class AlreadyPartner(Refused):
    """A partner has this name and country. Facts: organization, number (the partner's), applicant (its number)."""

    code = "already_partner"


class SamePartner(Refused):
    """Both that are to become one are one line already. Facts: organization."""

    code = "same_partner"


class NothingProposed(Refused):
    """The partner asks for no other name. Facts: organization."""

    code = "nothing_proposed"


class NotLater(Refused):
    """The new deadline is not a minute after the present one. Facts: deadline, zone."""

    code = "not_later"


class NotEarlier(Refused):
    """The new deadline is not a minute before the present one. Facts: deadline, zone."""

    code = "not_earlier"


class TooSoon(Refused):
    """The new deadline leaves less than an hour to whoever reads of it."""

    code = "too_soon"


class NotHeld(Refused):
    """There is nothing to resume."""

    code = "not_held"


class AlreadyHeld(Refused):
    """It is held as it was to be."""

    code = "already_held"


class NothingToHold(Refused):
    """It was cancelled: nothing of it leaves but what says so."""

    code = "nothing_to_hold"


class NobodyToRemind(Refused):
    """Nobody is reminded now. Facts: silent, how many have not answered."""

    code = "nobody_to_remind"


class SameSettings(Refused):
    """The campaign is set so already."""

    code = "same_settings"


class NoSettings(Refused):
    """Settings cannot be changed any more: the letter has left, or was cancelled. Facts: cancelled."""

    code = "no_settings"


class ShowsMore(Refused):
    """More would be shown than partners were told when they were asked. Facts: keys."""

    code = "shows_more"


class SameLetter(Refused):
    """The folder says what the letter says already. Facts: slug."""

    code = "same_letter"


class MembersClosed(Refused):
    """The letter says how many persons add their voices, and none can before it leaves. Facts: slug."""

    code = "members_closed"


class OtherAddressee(Refused):
    """To whom a letter goes is part of what was signed: another addressee is never a typo."""

    code = "other_addressee"


class LanguageLeftAlone(Refused):
    """Languages in which less changes than in another, and nobody said that they say the same. Facts: languages."""

    code = "language_left_alone"


class AlreadyLaunched(Refused):
    """A campaign of this name is running or was run; nobody was asked again. Facts: slug."""

    code = "already_launched"


class CannotBeUndone(Refused):
    """Something came of the act already. Facts: act, left (mails gone or on their way), answers (recorded), slug.

    Of a launch also cancelled: whether the campaign is.
    """

    code = "cannot_be_undone"


class NothingToUndo(Refused):
    """The act is not the last, or it is too late. Facts: act, null for any; last, the act that could be taken back."""

    code = "nothing_to_undo"


class CannotBeCancelled(Refused):
    """The letter has left, or may have. Facts: where (a DeliveryState)."""

    code = "cannot_be_cancelled"


class NotOver(Refused):
    """The letter has not left, or not to everybody: its partners are still to be reached. Facts: where."""

    code = "not_over"


class NoSeat(Refused):
    """The person may not open the page of a partner of this campaign, so it cannot look after one."""

    code = "no_seat"


class TakenOut(Refused):
    """It was taken out of the list; or not, where it was to be put back. Facts: organization, is_out (else true)."""

    code = "taken_out"


class CannotBeTakenOut(Refused):
    """The letter has left, or may have, with all that it counts. Facts: where (a DeliveryState)."""

    code = "cannot_be_taken_out"


class BadList(Refused):
    """Rows of a list cannot be taken. Facts: wrong (`definition.problems.Problem`)."""

    code = "bad_list"


class NobodyNew(Refused):
    """All of a list are partners already, or ask to sign. Facts: additions, left_out (`state.newcomers.LeftOut`)."""

    code = "nobody_new"


class TooManyPartners(Refused):
    """The campaign would have more partners than it can have. Facts: most, there."""

    code = "too_many_partners"


class StillSigns(Refused):
    """It is to be under a letter that has not left: it would have to withdraw first. Facts: organization."""

    code = "still_signs"


class NoReply(Refused):
    """The addressee does not have the letter, so it cannot have replied. Facts: erased (nothing more is kept)."""

    code = "no_reply"


class NotThatDay(Refused):
    """It cannot have been on that day. Facts: why ("to come", "before the letter"), day (its first moment), zone."""

    code = "not_that_day"


class NothingToSend(Refused):
    """The letter is sent already, or goes by itself.

    Facts: where (a DeliveryState); to_bring, names of addressees; waits, whether anything waits for a person.
    """

    code = "nothing_to_send"


class NotUncertain(Refused):
    """Of no letter it is in doubt whether it arrived."""

    code = "not_uncertain"


class NothingToTell(Refused):
    """No addressee has to be told that somebody stepped back."""

    code = "nothing_to_tell"


class Blocked(Refused):
    """The letter does not leave. Facts: blockers."""

    code = "blocked"


def codes() -> set[str]:
    """Every code there is."""
    return {refused.code for refused in Refused.__subclasses__()}
