"""A newcomer searches for the field's standard terms: each is found, and in the file where the thing is done."""

import re
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parent.parent
TERMS = {
    "retry": "worker/mail/results.py",
    "backoff": "worker/mail/results.py",
    "deadlock": "worker/db.py",
    "lease": "worker/mail/claims.py",
    "rate limit": "worker/acts/third_party_limits.py",
    "audit log": "worker/acts/audit.py",
    "bounce": "worker/mail/bounce_reports.py",
    "revoke": "worker/acts/disown.py",
    "idempotent": "worker/acts/dispatch.py",
    "envelope sender": "worker/mail/mime.py",
    "circuit breaker": "worker/mail/circuit_breaker.py",
    "brute force": "worker/acts/check_code.py",
    "debounce": "worker/task_notifier.py",
    "unsubscribe": "worker/acts/unsubscribe.py",
}
# Words that nobody would search for, and that stood here once.
NOT_OURS = (
    "own_up",
    "doorbell",
    "gibberish",
    "a_breath",
    "rehears",
    "_circle",
    "glance(",
    "oursto",
    "rang for",
    "a ring ",
)


@pytest.mark.parametrize("term", TERMS)
def test_the_fields_term_is_found_where_the_thing_is_done(term: str) -> None:
    code = (TOP / TERMS[term]).read_text(encoding="utf-8").lower()
    pattern = r"\b" + r"\s+".join(map(re.escape, term.split()))
    assert re.search(pattern, code), f"{term!r} is not found in {TERMS[term]}"


def test_a_search_for_a_term_leads_to_few_files() -> None:
    for term in ("backoff", "debounce", "rate limit", "circuit breaker", "brute force"):
        found = [path for path in (TOP / "worker").rglob("*.py") if term in path.read_text(encoding="utf-8").lower()]
        assert 1 <= len(found) <= 8, term


@pytest.mark.parametrize("word", NOT_OURS)
def test_no_name_is_a_riddle(word: str) -> None:
    found = [path.name for path in (TOP / "worker").rglob("*.py") if word in path.read_text(encoding="utf-8").lower()]
    assert not found


def test_no_public_function_has_a_name_that_nobody_can_search_for() -> None:
    for path in (TOP / "worker").rglob("*.py"):
        names = re.findall(r"^ *(?:async )?def (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not {"of", "read", "row"} & set(names), path


def test_no_function_is_called_like_its_module() -> None:
    """But for commands, which are one a file, and are called as they are typed."""
    for path in (TOP / "worker").rglob("*.py"):
        if "cli" in path.parts:
            continue
        names = re.findall(r"^(?:async )?def (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert path.stem not in names, path
