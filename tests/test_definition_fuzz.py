"""Whatever is in the folder, it is read or refused in sentences that can be printed."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from worker.definition.campaign import read_definition
from worker.definition.campaign_keys import ADDRESSEE_KEYS, KEYS, NOT_YET
from worker.definition.problems import BadDefinition

NOW = datetime(2030, 4, 1, 12, 0, tzinfo=UTC)
EXAMPLE = Path(__file__).parent.parent / "campaigns" / "cambodia-2023"
FILES = {name: (EXAMPLE / name).read_bytes()[:3000] for name in ("campaign.toml", "letter.en.md", "partners.csv")}
FILES["campaign.toml"] = (EXAMPLE / "campaign.toml").read_bytes().replace(b"2023-04-14T", b"2031-04-14T")

ODD = st.sampled_from(
    ["\u202e", "\u200b", "\ufeff", "{{ x }}", "{%", '"', "'''", "\r", "[[", "# ", "| |", "2030-01-01"]
)
TEXT = st.lists(st.text(max_size=8) | ODD, max_size=12).map("".join)
TIMES = st.sampled_from(
    ["2030-10-27T02:30:00", "0001-01-01T00:00:00", "9999-12-31T23:59:59-23:00", "2030-05-05", "08:30:00"]
)
SCALARS = (
    TEXT.map(json.dumps)
    | st.integers().map(str)
    | st.floats().map(str)
    | TIMES
    | st.sampled_from(["true", "[]", "{}", '"km"', '"en"', '"7d"', "{ en = 1 }", "{ fr = [{}] }", "[[[[]]]]"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=3).map(lambda values: f"[{', '.join(values)}]")
NAMES = st.sampled_from([*KEYS, *ADDRESSEE_KEYS, *NOT_YET]) | TEXT.map(json.dumps)
LINES = st.builds("{} = {}".format, NAMES, VALUES) | st.sampled_from(
    ["[sender]", "[[addressee]]", "[addressee]", "[x]"]
)
OVERRIDES = st.fixed_dictionaries({}, optional=dict.fromkeys(("deadline", "reminders", "review"), TEXT))


@st.composite
def _torn(draw, name):
    """A good file with a piece cut out and something else put there."""
    octets = FILES[name]
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(octets))] * 2)))
    end = min(end, start + draw(st.integers(0, 40)))
    return octets[:start] + draw(st.binary(max_size=20) | TEXT.map(_encoded)) + octets[end:]


def _encoded(text):
    return text.encode("utf-8", "surrogatepass")


def _contents(name):
    return st.none() | st.binary(max_size=200) | TEXT.map(_encoded) | _torn(name) | st.just(FILES[name])


FOLDERS = st.fixed_dictionaries(
    {
        "campaign.toml": _contents("campaign.toml") | st.lists(LINES, max_size=15).map("\n".join).map(_encoded),
        "letter.en.md": _contents("letter.en.md"),
        "letter.fr.md": _contents("letter.en.md"),
        "partners.csv": _contents("partners.csv"),
    }
)


@pytest.mark.parametrize("slug", ["save-the-river"])
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(files=FOLDERS, overrides=OVERRIDES)
def test_whatever_is_in_the_folder_it_is_read_or_refused(files, overrides, slug, tmp_path_factory):
    folder = tmp_path_factory.mktemp("campaigns") / slug
    folder.mkdir()
    for name, octets in files.items():
        if octets is not None:
            (folder / name).write_bytes(octets)

    told = _read_or_refused(folder, overrides)

    assert told is not None
    assert [problem.sentence for problem in told if not problem.sentence.isprintable()] == []


def _read_or_refused(folder, overrides):
    try:
        definition = read_definition(folder, now=NOW, **overrides)
    except BadDefinition as refused:
        return refused.problems or None
    json.dumps(definition.as_json())
    return definition.remarks
