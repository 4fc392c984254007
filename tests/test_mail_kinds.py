"""Each kind of mail is declared once, and none is sent that is not."""

import pytest

from tests import cast
from worker import db
from worker.mail import kinds, outbox
from worker.mail.kinds import FIRST, KINDS, MAY_WAIT
from worker.registry import NotRegistered
from worker.wording import mails

database_needed = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@database_needed
def test_a_mail_that_is_not_registered_is_refused_by_its_name(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        now = db.clock(session)
        with pytest.raises(NotRegistered, match="mail 'postcard': it is not registered"):
            outbox.to_organizers("postcard", campaign, "1", now)
        with pytest.raises(NotRegistered, match="mail 'postcard': it is not registered"):
            outbox.to_partner("postcard", campaign, campaign.partners[0], "1", now)


@database_needed
def test_a_mail_goes_to_those_only_for_whom_it_is_registered(database: str) -> None:
    with db.transaction() as session:
        campaign = cast.a_campaign(session)
        with pytest.raises(NotRegistered, match="mail 'wish': it is registered for the organizers, not the partner"):
            outbox.to_partner("wish", campaign, campaign.partners[0], "1", db.clock(session))


def test_a_kind_that_no_function_words_is_told_by_its_name() -> None:
    worded = [name for name in mails.FUNCTIONS if name != "confirm"]
    with pytest.raises(NotRegistered, match="mail 'confirm': no function words it"):
        kinds.check_functions(worded)


def test_a_function_for_a_kind_that_is_not_registered_is_told_by_its_name() -> None:
    with pytest.raises(NotRegistered, match="mail 'postcard': it is not registered"):
        kinds.check_functions([*mails.FUNCTIONS, "postcard"])


def test_the_letter_leaves_before_all_other_mail() -> None:
    assert kinds.names(lambda kind: kind.urgency == FIRST) == ("letter",)


def test_no_quota_keeps_a_receipt_or_what_tells_of_a_change_or_a_mail_to_organizers_waiting() -> None:
    urgent = set(kinds.names(lambda kind: kind.urgency < MAY_WAIT))
    organizers = kinds.names(lambda kind: kind.audience in kinds.OF_OURSELVES)
    alerts = kinds.names(lambda kind: kind.alert)
    assert urgent == {"letter", "receipt", *alerts, *organizers}


def test_what_goes_to_many_waits_for_what_goes_to_one() -> None:
    few = [kind.urgency for kind in KINDS.values() if kind.audience == "partner" and not kind.bulk]
    asked = [KINDS[name].urgency for name in ("invitation", "reminder", "copy")]
    assert max(few) < min(asked)


@pytest.mark.parametrize("name", kinds.names(lambda kind: kind.asks))
def test_a_mail_that_asks_is_not_sent_after_the_campaign_has_closed(name: str) -> None:
    assert name in kinds.cancelled_by("close")
