"""Answers, changes of mind, and what is no answer at all."""

import threading
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.stage import Organization, Story, eventually, post, signatories
from worker.cli.demo import partner as player


def test_a_partner_declines_and_is_neither_reminded_nor_named(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()
    river_watch.signs()
    clean_coast.declines()
    receipts = len(clean_coast.receipts())

    campaign.comes_near_its_deadline(seconds=2.5 * 86400)
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [river_watch.row]
    assert len(clean_coast.receipts()) == receipts
    assert campaign.status()["counts"]["declined"] == 1


def test_the_last_change_of_mind_before_the_deadline_counts(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.launches()

    river_watch.declines()
    clean_coast.signs()
    clean_coast.receipts()  # else what it answers next calls back the receipt that has not left
    river_watch.signs()
    clean_coast.receipts()  # an answer that is changed before its receipt is put gets none
    clean_coast.withdraws()
    campaign.reaches_its_deadline()
    campaign.passes_its_review()

    assert signatories(campaign.letter()) == [river_watch.row]
    assert len(clean_coast.receipts(2)) == 2


def test_one_second_late_is_late(campaign: Story, river_watch: Organization, clean_coast: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    code = clean_coast.code()
    campaign.reaches_its_deadline()

    status, page = post(clean_coast.link(), _signing() | {"mail_code": code})

    assert status == 409
    assert "deadline" in page
    campaign.passes_its_review()
    assert signatories(campaign.letter()) == [river_watch.row]


def test_a_second_before_the_deadline_is_in_time(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    code, link = river_watch.code(), river_watch.link()
    campaign.comes_near_its_deadline(seconds=5)

    status, _ = post(link, _signing() | {"mail_code": code})

    assert status == 200
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    assert signatories(campaign.letter()) == [river_watch.row]


def test_a_wrong_mail_code_records_nothing_and_locks_nobody_out(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    wrong = "000000" if river_watch.code().replace(" ", "") != "000000" else "000001"

    with ThreadPoolExecutor(5) as people:
        told = [people.submit(river_watch.posts, **_signing(), mail_code=wrong) for _ in range(5)]
    for status, page in (one.result() for one in told):
        assert status == 422
        assert "The board of nobody" in page  # nothing typed is lost

    assert campaign.status()["counts"]["signed"] == 0
    assert river_watch.posts(**_signing())[0] == 200
    assert campaign.status()["counts"]["signed"] == 1


def test_a_forged_link_shows_what_a_wrong_one_shows(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    link = river_watch.link()
    forged = link[:-1] + ("A" if link[-1] != "A" else "B")
    invented = link.rsplit("/", 1)[0] + "/" + "A" * 36

    pages = [post(forged, _signing()), post(invented, _signing()), post(invented[:-30], _signing())]

    assert {status for status, _ in pages} == {404}
    assert len({page for _, page in pages}) == 1
    assert campaign.status()["counts"]["signed"] == 0


def test_looking_is_no_answer_however_it_is_done(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    link = river_watch.link()

    for method in ("GET", "HEAD", "OPTIONS"):
        for _ in range(10):
            request = urllib.request.Request(link, method=method)
            with suppress(urllib.error.HTTPError):
                urllib.request.urlopen(request, timeout=10).read()

    counts = campaign.status()["counts"]
    assert (counts["signed"], counts["declined"], counts["silent"]) == (0, 0, 1)
    river_watch.signs()


def test_two_people_of_one_organization_answer_at_once_and_one_answer_stands(
    campaign: Story, river_watch: Organization
) -> None:
    campaign.launches()
    link, code = river_watch.link(), river_watch.code()
    forms = [_signing() | {"mail_code": code}, {"choice": "decline", "mail_code": code}] * 4
    answers: list[int] = []

    def answer(form: dict[str, str]) -> None:
        answers.append(post(link, form)[0])

    people = [threading.Thread(target=answer, args=(form,)) for form in forms]
    for person in people:
        person.start()
    for person in people:
        person.join()

    assert set(answers) == {200}
    counts = campaign.status()["counts"]
    assert counts["signed"] + counts["declined"] == 1


def test_an_address_that_is_refused_is_shown_and_is_not_silent(
    campaign: Story, river_watch: Organization, clean_coast: Organization
) -> None:
    campaign.stage.catcher.refuse.add(clean_coast.email)
    campaign.launches()
    river_watch.invitation()

    refused = eventually(lambda: [p for p in campaign.status()["partners"] if p["invitation"] == "refused"])

    assert [p["organization"] for p in refused] == ["Clean Coast"]
    assert "5.1.1" in refused[0]["reply"]
    assert clean_coast.email not in str(refused)
    eventually(lambda: campaign.status()["counts"]["silent"] == 1)
    assert "Clean Coast" not in campaign.types("remind", "--dry-run")


def test_the_page_of_a_letter_that_has_left_says_where_things_stand(campaign: Story, river_watch: Organization) -> None:
    campaign.launches()
    river_watch.signs()
    campaign.reaches_its_deadline()
    campaign.passes_its_review()
    campaign.letter()
    campaign.is_dispatched()

    page = player.opens(river_watch.link())

    assert "cannot be recalled" in page
    assert 'value="sign"' in page, "it can still ask to be named less"
    assert 'value="public"' not in page


def _signing() -> dict[str, str]:
    return {
        "choice": "sign",
        "visibility": "public",
        "representative": "The board of nobody",
        "role": "Board",
        "authorised": "yes",
    }
