"""What is said of a list, a letter or a setting: the same English as ever, and each word in the reader's language."""

import ast
import copy
import html
import json
import pickle
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import cast
from tests.organizers import DeskBrowser, add
from tests.phrases import Shouted, unmarked
from tests.spreadsheets import xlsx
from worker import db
from worker.definition import csv_list, new_settings, pasted_list, typed_letter
from worker.definition.additions import Additions
from worker.definition.campaign_keys import PUBLIC_PAGE, SHOW_SIGNERS
from worker.definition.partners import COLUMNS, take_octets
from worker.definition.pasted_list import Fix
from worker.definition.problems import Problem, few, rows_named, shown
from worker.text import addresses, countries
from worker.text.phrases import P_, Pn_
from worker.wording import templates

WORKER = Path(__file__).parent.parent / "worker"
LEFT = {"letter_files", "word", "word_blocks", "word_package"}
"""Of letters out of Word, of which commands alone speak."""
SAYS = {"Problem", "Doubt", "Pasted", "Fix", "note", "tell", "_note_typed", "NotATime"}
PARTS = {"found", "expected", "fix", "what", "where", "most", "said"}
SAME_ORIGIN = {"sec-fetch-site": "same-origin"}
NOW = datetime(2030, 4, 1, tzinfo=UTC)


def trees() -> dict[str, ast.Module]:
    modules = [path for folder in ("definition", "text") for path in sorted((WORKER / folder).glob("*.py"))]
    return {path.stem: ast.parse(path.read_text()) for path in modules if path.stem not in LEFT}


def is_sentence(node: ast.expr) -> bool:
    """Whether it is English that no catalogue has: words in quotation marks, not a key, a name or a sign."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(re.search("[a-z]{2} [a-z]|^[a-z]{3,}$", node.value))
    return isinstance(node, ast.JoinedStr) and any(is_sentence(one) for one in node.values)


def test_no_sentence_about_what_people_wrote_is_left_unmarked() -> None:
    found = []
    for module, tree in trees().items():
        for node in ast.walk(tree):
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in ("P_", "Pn_"):
                words = node.args[: 2 if name == "Pn_" else 1]
                assert all(isinstance(one, ast.Constant) for one in words), f"{module}:{node.lineno}"
            elif isinstance(node, ast.Call) and name in SAYS:
                found += [(module, ast.unparse(one)) for one in node.args[1:] if is_sentence(one)]
            elif isinstance(node, ast.Assign) and {getattr(one, "id", "") for one in node.targets} & PARTS:
                found += [(module, ast.unparse(node))] if is_sentence(node.value) else []
    assert found == []


LISTS = [
    "organization,contry\nRiver Watch,\n",
    "organization,note,note\nRiver Watch\n",
    "acronym\nRW\n",
    "",
    "organization\n\n,\n",
    "organization\nRW,a\nCC\nPK,b\nBT,c,d\n",
    "Partners of spring\norganization,email,language,country,contact,note,Phone\n"
    '!!,a@b,french,Korea,"Ro\u202dsa",no,12\n"River\nWatch",a b@c.example,Dutch and Thai,Frnce,n/a,,\n'
    "Total: 12,=SUM(A1),xx,USA,,,\norganization,email,language,country,contact,note,Phone\n"
    "River Watch,office@x.example; b@x.example,fr and en,USA,,,\nriver watch,office@x.example,,USA,,,\n",
    'organization\n"River Watch\nClean Coast\n',
    'organization\n"River" Watch\n',
    "organization,note\n" + "River Watch\n" * 31,
    "organization\n" + "x" * 301 + "\n",
    "1. River Watch (RW), Frankreich, office@x.example, +33 1 23 45 67 89\n3. Clean Coast\n4. Hill Friends, Korea\n"
    "> Lake Friends,, Chad\nSea Friends, info(at)sea.example\nRock Friends - n/a\nLand Friends (France) of old\n"
    "Yours\n",
    "x" * 3_000,
    "\n".join(["line"] * 31),
]
BYTES = {
    "list.csv": b"%PDF",
    "list.xlsx": b"PK\x03\x04nothing",
    "list.ods": "organization\nP\xeacheurs sans fronti\xe8res\n".encode("latin-1"),
    "list.txt": "P\u00c3\u00aacheurs\nR?ver Watch\n".encode(),
    "two.xlsx": xlsx(
        [["organization", "email"], ["River Watch", "=1/0"], ["Lake Friends", None, "aside"]],
        More=[["organization"], ["Clean Coast"]],
    ),
    "one.xlsx": xlsx(
        [["Name of organisation", "Email"], ["River Watch", "x"], [None, None, "aside"], ["!!"]], Notes=[["Hi"]]
    ),
}
LETTERS = [
    "",
    "Dear Minister,\n\nSave it.",
    "# \n\nSave it.",
    "# " + "x" * 201 + "\n\nSave it.",
    "# {{ count }} ask\n\nSave it, {{ cuont }} {{ }} {{ members }} \u202e \x0b \ue000 \u16a0\n"
    "[^1] [a]: b ``x`` ![a](b) ~~c~~",
    "# Save it\n\n> > > > > a\n\n| a | b |\n|---|---|\n| 1 | 2 | 3 |\n\n    code\n"
    "\n[^a]: A\n\n[x](y)\n\n| a |\n\n<b>\n\nA\n===\n",
    "# Subject: Save it\n\nDear Minister,\n\n• one\n• two\n\n1. one\n3. two\n\n____\n\nHeading\nwe ask you\n"
    "to-\nday to save\n"
    "it [1] and [name], \n\nYours,\n\nCc: the press\n\na\tb\tc\nd\te\tf\n",
    "# Save it\n\n" + "x" * 2_001,
    "# Save it\n" + "\n" * 4_001,
    "# Save it\n\n" + "[" * 5_001,
]
SETTINGS = {
    "reminders": "20d,soon",
    "review": "a while",
    "quorum": "many",
    "reply_to": "nobody",
    "public_page": "allways",
    "show_signers": "friends",
}


def of_lists() -> list[Problem | Fix]:
    files = [*((f"{place}.csv", text.encode()) for place, text in enumerate(LISTS)), *BYTES.items()]
    files += [("paste", text.encode()) for text in LISTS[-3:]]
    said: list[Problem | Fix] = []
    for name, octets in files:
        for sheet in ("", "none") if name == "two.xlsx" else ("",):
            taken = take_octets(Path(name), octets, "en", sheet)
            problems = Additions.from_list(name, taken).all_problems(["en"], ["office@x.example"])
            said += [*few(problems), *taken.remarks]
    alone = Additions.alone({"organization": "\u16a0", "email": "nobody", "language": "fr"})
    return [*said, *alone.all_problems(["en"], [])]


def of_letters() -> list[Problem | Fix]:
    said: list[Problem | Fix] = []
    for text in LETTERS:
        for closed in (False, True):
            problems = typed_letter.check_letter({"en": text}, members_closed=closed, members_before=False)
            said += problems.get("en", [])
        said += typed_letter.remarks_of({"en": text})
    return said


def of_settings() -> list[Problem | Fix]:
    found: list[Problem | Fix] = []
    for typed in (SETTINGS, {"reminders": ",".join(["1d"] * 30), "review": "99999999d", "reply_to": "a\u202eb"}):
        _, problems = new_settings.read_settings(typed, present={}, deadline=NOW, now=NOW)
        found += [one for those in problems.values() for one in those]
    return found


AS_TYPED = re.compile(r"“[^”]*”|\"[^\"]*\"|--\S+|\S+@\S+|\S*\.(?:csv|md|xlsx|ods|txt)\b|\b(?:cp|mac|iso|koi)\w+")
NAMES = {*COLUMNS, *" ".join((*PUBLIC_PAGE, *SHOW_SIGNERS)).split(), "count", "members", "paste", "Sheet", "More"}
COUNTRIES = {"Korea", "North", "South", "Corée", "Nord"}


@pytest.mark.parametrize("said", [of_lists, of_letters, of_settings], ids=lambda one: one.__name__)
def test_all_that_is_said_of_bad_input_can_be_said_in_another_language(said, monkeypatch) -> None:
    monkeypatch.setattr(csv_list, "MAX_ROWS", 30)
    monkeypatch.setattr(pasted_list, "MAX_LINES", 30)
    found = said()
    assert len(found) > 8
    assert unmarked(found) == []
    for one in found:
        told = AS_TYPED.sub("", one.sentence.told(Shouted(), "fr"))
        assert not set(re.findall(r"\w*[a-z]{3}\w*", told)) - NAMES - COUNTRIES, told


def test_what_people_typed_is_no_part_of_a_sentence() -> None:
    typed = "50 %(n)s % %d {} <b>"
    phrase = P_("%(n)s of %(name)s", n=12_000, name=shown(typed))
    assert phrase == f"12,000 of “{typed}”"
    assert phrase.told(Shouted(), "fr") == f"12\u202f000 OF “{typed}”"
    for kept in (copy.deepcopy(phrase), pickle.loads(pickle.dumps(phrase))):
        assert (kept, kept.told(Shouted(), "fr")) == (phrase, phrase.told(Shouted(), "fr"))
    assert json.dumps([phrase]) == json.dumps([str(phrase)])


def test_words_go_by_their_number_in_each_language() -> None:
    assert [rows_named([2]), rows_named([2, 4, 5]), rows_named([2], "line")] == ["row 2", "rows 2, 4 and 5", "line 2"]
    assert Pn_("%(n)s note", "%(n)s notes", 2).told(Shouted(), "fr") == "2 NOTES"


def test_what_a_library_says_in_english_is_said_in_general_in_other_languages() -> None:
    _, wrong = addresses.normalize("rosa at@river.example")
    assert wrong == "The email address contains invalid characters before the @-sign: SPACE."
    fix = P_("%(why)s Correct it.", why=wrong)
    assert fix == f"{wrong} Correct it."
    assert fix.told(Shouted(), "fr") == "SIGNS STAND BEFORE THE @-SIGN THAT CANNOT BE THERE. CORRECT IT."


def test_a_country_is_named_in_the_language_of_whoever_reads_of_it() -> None:
    [south, _] = countries.countries_meant("Korea")
    assert (south, copy.deepcopy(south).told(Shouted(), "fr")) == ("South Korea", "Corée du Sud")


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_organizer_who_reads_french_reads_nothing_of_a_wrong_list_letter_or_setting_in_english(
    database: str, notified: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        number = cast.a_campaign(session).id
    add(seats={number: "editor"}, may_send=True, language="fr")
    read = templates.translations
    shouted = lambda language, domain="pages": Shouted() if domain == "organizers" else read(language, domain)
    monkeypatch.setattr(templates, "translations", shouted)
    browser, place = DeskBrowser(), f"/desk/campaigns/{number}"
    browser.enters()
    pasted = {"pasted": "organization,language\nLake <b>%(n)s,km\nlake <b>%(n)s,\n"}
    answers = [
        browser.client.post(f"{place}/add", files={n: (None, v) for n, v in pasted.items()}, headers=SAME_ORIGIN),
        browser.post(f"{place}/add-one", {"organization": "!!", "email": "nobody", "language": "km"}),
        browser.post(f"{place}/amend", {"letter-en": "Dear {{ cuont }}", "version": "1"}),
        browser.post(f"{place}/settings", SETTINGS),
    ]
    assert [one.status_code for one in answers] == [422] * 4
    wrong = html.unescape(answers[0].text)
    assert "THE LIST, ROW 2, COLUMN language: FOUND “km”; EXPECTED A LANGUAGE OF THE LETTER (en, fr)." in wrong
    assert "THE LIST, ROWS 2 AND 3: FOUND A DUPLICATE, IN THE SAME COUNTRY: “Lake <b>%(n)s”; EXPECTED" in wrong
    assert "FOUND “!!”; EXPECTED THE ORGANIZATION'S NAME. FILL IT IN." in html.unescape(answers[1].text)
    assert "DID YOU MEAN count?" in answers[2].text
    assert "WRITE A WHOLE NUMBER, SUCH AS 5." in answers[3].text
    for one in answers:
        assert not re.search(r"\b(?:found|expected|Write|Correct|row|line)\b", one.text), one.url
        assert "<b>" not in one.text
