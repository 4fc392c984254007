"""A campaign's folder, read whole, or refused with everything that is wrong at once."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.campaign_folders import ENGLISH, FRENCH, NOW, change, folder, remarks_on, told
from worker.definition.campaign import read_definition
from worker.definition.campaign_keys import ADDRESSEE_KEYS, KEYS
from worker.definition.partners import PartnerRow
from worker.definition.problems import BadDefinition, shown
from worker.text.languages import said

__all__ = ["folder"]

EXAMPLE = Path(__file__).parent.parent / "campaigns" / "cambodia-2023"
LINES = {"en": ["with many others"], "fr": ["avec d’autres"]}


def test_a_folder_becomes_a_definition(folder):
    definition = read_definition(folder, now=NOW)

    assert definition.slug == "save-the-river"
    assert definition.deadline == datetime(2030, 4, 14, 16, 0, tzinfo=UTC)
    assert definition.reminders == [timedelta(days=7), timedelta(days=1)]
    assert definition.review == timedelta(seconds=30)
    assert definition.letters == {"en": ENGLISH, "fr": FRENCH}
    assert definition.partners == [
        PartnerRow("River Watch", country="USA", language="en"),
        PartnerRow("Clean Coast", country="Ireland", language="en"),
        PartnerRow("Pêcheurs", country="France", language="fr"),
    ]
    assert definition.remarks == []


def test_what_is_not_said_has_its_usual_value(folder):
    for line in (
        'reminders = ["1d", "7d"]',
        "quorum = 2",
        'review = "30s"',
        'lines = { en = ["with many others"], fr = ["avec d’autres"] }',
    ):
        change(folder, line, "")

    definition = read_definition(folder, now=NOW)

    assert definition.from_name == "Joint letters"
    assert definition.reminders == [timedelta(days=7), timedelta(days=3), timedelta(days=1)]
    assert definition.quorum == 1
    assert definition.review == timedelta(hours=2)
    assert definition.keep_contacts == timedelta(days=180)
    assert definition.visibility == ["public", "addressee", "counted"]
    assert definition.sender.lines == []
    assert definition.addressees[0].copy is False


def test_a_definition_is_kept_as_json_by_the_keys_of_the_file(folder):
    kept = json.loads(json.dumps(read_definition(folder, now=NOW).as_json()))

    assert set(kept) == {"slug", *KEYS}
    assert kept["deadline"] == "2030-04-14T16:00:00+00:00"
    assert kept["reminders"] == [604800, 86400]
    assert kept["review"] == 30
    assert kept["keep_contacts"] == 180 * 24 * 3600
    assert kept["addressee"][0]["salutation"] == {"en": "Dear Minister,", "fr": "Madame la Ministre,"}
    assert kept["sender"] == {"name": "River Watch", "lines": LINES}


def test_words_are_chosen_by_language():
    office = {"en": "Minister of Waters", "fr": "Ministre des Eaux"}

    assert said(office, "fr", "en") == "Ministre des Eaux"
    assert said(office, "km", "en") == "Minister of Waters"
    assert said("Minister of Waters", "fr", "en") == "Minister of Waters"
    assert said({"fr": ["de tous"]}, "en", "en") == ["de tous"]


def test_the_example_carries_every_key_and_only_its_deadline_has_passed():
    text = (EXAMPLE / "campaign.toml").read_text()
    for key in (*KEYS, *ADDRESSEE_KEYS):
        assert f"{key} = " in text or f"[{key}]" in text, key

    assert told(EXAMPLE).count("\n") == 0
    assert "key deadline: found “2023-04-14T18:00:00”; expected a time in the future" in told(EXAMPLE)


def test_the_example_has_56_organizations_and_4_invented_ones():
    partners = read_definition(EXAMPLE, now=NOW, deadline="in 20s").partners

    assert len([row for row in partners if not row.note]) == 56
    assert [row.note for row in partners if row.note] == [
        "invented: declines",
        "invented: declines",
        "invented: stays silent",
        "invented: its address is refused",
    ]
    assert len({row.email.partition("@")[2] for row in partners}) == 60
    assert all(row.email.endswith(".example") for row in partners)
    assert {row.language for row in partners if row.country == "France"} == {"fr"}


def test_what_is_typed_goes_before_what_is_written(folder):
    definition = read_definition(folder, now=NOW, deadline="in 20s", reminders="2s,5s", review="1s")

    assert definition.deadline == NOW + timedelta(seconds=20)
    assert definition.reminders == [timedelta(seconds=5), timedelta(seconds=2)]
    assert definition.review == timedelta(seconds=1)


def test_a_passed_deadline_is_refused_unless_another_is_typed(folder):
    change(folder, "2030-04-14", "2023-04-14")

    assert "key deadline: found “2023-04-14T18:00:00”; expected a time in the future" in told(folder)
    assert read_definition(folder, now=NOW, deadline="in 2 weeks").deadline == NOW + timedelta(weeks=2)


def test_a_file_without_deadline_needs_one_typed(folder):
    change(folder, "deadline = 2030-04-14T18:00:00", "")

    assert read_definition(folder, now=NOW, deadline="2030-04-14T18:00:00").deadline.hour == 16


def test_a_deadline_at_midnight_is_remarked(folder):
    change(folder, "2030-04-14T18:00:00", "2030-04-14T00:00:00")
    assert "found 00:00, the first second of 14 April 2030" in remarks_on(folder)
    assert "The last day to answer is 13 April 2030" in remarks_on(folder)
    change(folder, "2030-04-14T00:00:00", "2030-04-14T23:59:00")
    assert "00:00" not in remarks_on(folder)


def test_a_zone_by_another_name_is_refused_with_likely_cities(folder):
    change(folder, "Europe/Zurich", "Etc/GMT+7")
    assert "found “Etc/GMT+7”; expected a time zone by the name of a city, or UTC." in told(folder)
    assert 'Is it "Asia/Phnom_Penh" or "Asia/Bangkok"?' in told(folder)


def test_a_deadline_with_an_offset_needs_no_zone(folder):
    change(folder, "2030-04-14T18:00:00", "2030-04-14T18:00:00+07:00")
    change(folder, 'zone = "Europe/Zurich"', "")

    assert read_definition(folder, now=NOW).deadline == datetime(2030, 4, 14, 11, 0, tzinfo=UTC)
    assert read_definition(folder, now=NOW).zone == "UTC"
    assert "key zone: found nothing; expected the zone in which times are shown" in remarks_on(folder)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('title = "Save the river"', "", "key title: found nothing"),
        ('title = "Save the river"', 'title = ""', "key title: found an empty text"),
        ('title = "Save the river"', "title = 7", 'key title: found “7”; expected a text in "quotation marks"'),
        ('title = "Save the river"', 'title = "Save\\u202e it"', "key title: found U+202E"),
        ('title = "Save the river"', 'tilte = "x"', "key tilte: found a key that is not known"),
        ('title = "Save the river"', 'tilte = "x"', "Did you mean title?"),
        ("quorum = 2", "late_signatures = true", "key late_signatures: found a key that is not built yet"),
        ("quorum = 2", 'keep_contacts = "a while"', "key keep_contacts: found “a while”; expected a number and one of"),
        (
            "quorum = 2",
            'keep_contacts = "6d"',
            "key keep_contacts: found “6d”; expected a week or more after the letter",
        ),
        ("quorum = 2", "keep_contacts = 180", 'key keep_contacts: found “180”; expected a text in "quotation marks"'),
        ('authentic = "en"', 'authentic = "de"', "key authentic: found “de”; expected en, fr or km"),
        ("deadline = 2030-04-14T18:00:00", "", "key deadline: found nothing"),
        ("2030-04-14T18:00:00", '"in 2 weeks"', "key deadline: found “in 2 weeks”; expected a date and a time"),
        ("2030-04-14T18:00:00", "2030-04-14", "Add the time of day: deadline = 2030-04-14T18:00:00."),
        ("2030-04-14T18:00:00", "2031-03-30T02:30:00", "skip this time"),
        ("2030-04-14T18:00:00", "2030-10-27T02:30:00", "show this time twice"),
        ("2030-04-14T18:00:00", "9030-10-27T02:30:00", "expected a time within ten years"),
        ('zone = "Europe/Zurich"', "", "key zone: found nothing"),
        ('zone = "Europe/Zurich"', 'zone = "Zurich"', "key zone: found “Zurich”; expected a time zone"),
        ("rosa@river-watch.example", "rosa", "key reply_to: found “rosa”; expected an address"),
        ("minister@waters.example", "x y@z", "key addressee[1].email: found “x y@z”"),
        ('"1d", "7d"', '"1d", "soon"', "key reminders[2]: found “soon”; expected a number and one of s, m"),
        ('"1d", "7d"', '"0d"', "key reminders[1]: found no time at all"),
        ('["1d", "7d"]', '"1d"', "key reminders: found “1d”; expected a list of texts"),
        ('"1d", "7d"', "1, 7", "key reminders[2]: found “7”"),
        ('"30s"', '"half an hour"', "key review: found “half an hour”"),
        ("quorum = 2", "quorum = 0", "key quorum: found “0”; expected a whole number from 1 to"),
        ("quorum = 2", "quorum = true", "key quorum: found “true”"),
        ("quorum = 2", f"quorum = 1{'0' * 300}", "key quorum: found “a number of very many digits”"),
        ("quorum = 2", 'visibility = ["pubic"]', "key visibility[1]: found “pubic”"),
        ("quorum = 2", 'visibility = ["pubic"]', "Did you mean public?"),
        ("quorum = 2", "visibility = []", "key visibility: found an empty list"),
        ("quorum = 2", 'visibility = ["public", "public"]', "key visibility[2]: found “public” again"),
        ("[sender]", "[sendre]", "key sender: found nothing"),
        ('name = "River Watch"', 'nmae = "River Watch"', "key sender.nmae: found a key that is not known"),
        ('{ en = ["with many others"], fr = ["avec d’autres"] }', '{ xx = ["with"] }', "key sender.lines.xx"),
        ("[[addressee]]", "[addressee]", "Write [[addressee]], in two brackets"),
        ('name = "Minister Kim"', "copy = true", "key addressee[1].copy: found copy = true for the first"),
        ('name = "Minister Kim"', 'copy = "no"', "key addressee[1].copy: found “no”; expected true or false"),
        ('name = "Minister Kim"', "", "key addressee[1].name: found nothing"),
        ('{ en = "Dear Minister,", fr = "Madame la Ministre," }', "{}", "addressee[1].salutation: found an empty"),
        ("[sender]", "[sender", "campaign.toml, line 11, column 8: found something that is no TOML"),
        ("[sender]", 'quorum = 3\n"\\u0007" = 1\n[sender]', "campaign.toml, line 11, column"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_key(folder, old, new, sentence):
    change(folder, old, new)

    assert sentence in told(folder)


@pytest.mark.parametrize(
    ("overrides", "sentence"),
    [
        ({"deadline": "soon"}, "--deadline: found “soon”; expected a date and time"),
        ({"deadline": "2023-04-14T18:00"}, "--deadline: found “2023-04-14T18:00”; expected a time in the future"),
        ({"deadline": "in 0s"}, "--deadline: found “in 0s”; expected a time in the future"),
        ({"reminders": "5s,later"}, "--reminders: found “5s,later”"),
        ({"reminders": "5s,0s"}, "--reminders: found “5s,0s”; expected times before the deadline"),
        ({"review": "a while"}, "--review: found “a while”"),
    ],
)
def test_what_is_wrong_on_the_command_line_is_said_with_its_option(folder, overrides, sentence):
    assert sentence in told(folder, **overrides)


def test_the_second_addressee_gets_a_copy(folder):
    second = '[[addressee]]\nname = "Mayor Ode"\nsalutation = "Dear Mayor,"\n'
    with (folder / "campaign.toml").open("a") as file:
        file.write(second)
    assert "key addressee[2].copy: found a second main addressee" in told(folder)

    with (folder / "campaign.toml").open("a") as file:
        file.write("copy = true\n")
    assert [one.copy for one in read_definition(folder, now=NOW).addressees] == [False, True]


@pytest.mark.parametrize(
    ("letter", "sentence"),
    [
        ("", "letter.en.md, line 1: found nothing; expected # and the subject"),
        ("Dear Minister,\n\nSave it.", "letter.en.md, line 1: found “Dear Minister,”"),
        ("# \n\nSave it.", "letter.en.md, line 1: found “# ”"),
        ("# Save it\n\n", "letter.en.md, line 2: found nothing; expected the text of the letter"),
        ("# " + "x" * 201 + "\n\nSave it.", "line 1: found 201 characters"),
        ("# {{ count }} ask\n\nSave it.", "line 1: found a placeholder in the subject"),
        (
            "# Save it\n\nWe {{ names }}",
            "line 3: found “{{ names }}”; expected {{ count }} or {{ members }}, and no other",
        ),
        ("# Save it\n\nWe {{ cuont }}", "Did you mean count?"),
        ("# Save it\n\nWe {{ count", "line 3: found “{{”"),
        ("# Save it\n\n{% if count %}", "line 3: found “{%”"),
        ("# Save it\n\nSave\u202eit", "line 3: found U+202E"),
        ("# Save\u200bit\n\nSave it", "line 1: found U+200B, an invisible character"),
        ("# Save it\n\n| a | b |\n|---|---|\n| 1 | 2 | 3 |\n", "line 5: found something that letters cannot show"),
    ],
)
def test_what_is_wrong_in_a_letter_is_said_with_its_line(folder, letter, sentence):
    (folder / "letter.en.md").write_text(letter)

    assert sentence in told(folder)


def test_a_letter_in_another_encoding_or_kind_is_refused(folder):
    (folder / "letter.en.md").write_bytes("# Sauvez\n\nPêcheurs".encode("cp1252"))
    (folder / "letter.fr.md").write_bytes(b"PK\x03\x04 word/document.xml")

    assert "letter.en.md, line 3: found text in another encoding than UTF-8" in told(folder)
    assert "letter.fr.md: found a Word document" in told(folder)


def test_a_letter_from_windows_reads_the_same(folder):
    (folder / "letter.en.md").write_bytes(b"\xef\xbb\xbf" + ENGLISH.replace("\n", "\r\n").encode())

    assert read_definition(folder, now=NOW).letters["en"] == ENGLISH


def test_a_letter_that_is_needed_and_missing_is_named_with_the_reason(folder):
    (folder / "letter.fr.md").rename(folder / "Letter.fr.md")
    (folder / "letter.en.md").unlink()

    assert (
        "letter.fr.md: found no such file; expected the letter in Markdown, since partners are asked in fr."
        " There is “Letter.fr.md”: is it the letter, with another name or format?"
    ) in told(folder)
    assert "letter.en.md: found no such file; expected the letter in Markdown, since authentic is en" in told(folder)


def test_a_letter_that_nobody_needs_is_welcome(folder):
    change(folder, "Pêcheurs,France,fr\n", "", "partners.csv")

    assert set(read_definition(folder, now=NOW).letters) == {"en", "fr"}


def test_a_letter_may_be_in_khmer_and_not_in_a_language_that_nobody_here_speaks(folder):
    (folder / "letter.km.md").write_text("# សង្គ្រោះទន្លេ\n\nយើងខ្ញុំ {{ count }} អង្គការ។\n")
    assert read_definition(folder, now=NOW).letters["km"].startswith("# សង្គ្រោះទន្លេ")

    (folder / "letter.de.md").write_text(ENGLISH)
    assert "letter.de.md: found a letter in “de”; expected en, fr or km." in told(folder)


def test_a_letter_pasted_as_plain_lines_is_remarked_and_taken_as_it_is(folder):
    pasted = "# Save it\nDear Minister,\nWe are {{ count }}. Save it, for it is ours.\n• Now.\n• Here. Always.\n"
    (folder / "letter.en.md").write_text(pasted)

    remarks = remarks_on(folder)
    assert "letter.en.md, line 2: found an address, a date, a subject or a salutation; expected" in remarks
    assert "letter.en.md, lines 4 and 5: found signs of a list that are none here; expected a hyphen" in remarks
    assert read_definition(folder, now=NOW).letters["en"] == pasted


def test_remarks_on_a_pasted_letter_are_there_with_its_problems(folder):
    (folder / "letter.en.md").write_text("Save it\n\nWe are {{ count }}:\n• now\n• here\n")

    with pytest.raises(BadDefinition) as refused:
        read_definition(folder, now=NOW)
    assert [one.where for one in refused.value.problems] == ["line 1"]
    assert [one.where for one in refused.value.remarks] == ["lines 4 and 5"]


@pytest.mark.parametrize(
    ("letter", "fix"),
    [
        ("# Save it\n\n1 Dam Street\vPort Ash", "Word writes it where a line or a page ends."),
        ("# Save it\n\nSave it.\u2028Now.", "Word writes it where a line or a page ends."),
        ("# Save it\n\nSave it.\f\nNow.", "Word writes it where a line or a page ends."),
        ("# Save it\n\n\uf0b7\tSave it.", "Word writes it for the sign of a list."),
        ("# Save it\n\n\uf0a7\tSave it.", "Word writes it for the sign of a list."),
    ],
)
def test_what_word_leaves_in_plain_text_is_explained(folder, letter, fix):
    (folder / "letter.en.md").write_text(letter)

    assert fix in told(folder)


def test_a_letter_without_the_number_is_only_remarked(folder):
    (folder / "letter.en.md").write_text("# Save it\n\nSave the river.\n")

    assert "letter.en.md: found no {{ count }}" in remarks_on(folder)


def test_a_quorum_beyond_the_list_and_words_in_too_few_languages_are_remarked(folder):
    change(folder, "quorum = 2", "quorum = 4")
    change(folder, ', fr = "Madame la Ministre,"', "")

    assert "key quorum: found 4, with 3 partners" in remarks_on(folder)
    assert "key addressee[1].salutation: found nothing in fr" in remarks_on(folder)


@pytest.mark.parametrize(
    ("old", "new", "remark"),
    [
        (
            'salutation = { en = "Dear Minister,", fr = "Madame la Ministre," }',
            'salutation = "Dear Minister,"',
            "key addressee[1].salutation: found the same for every language; expected a text for each language, such "
            'as { en = "…", fr = "…" }. Readers of fr see the same words: is that intended?',
        ),
        (', fr = "Ministre des Eaux"', "", "key addressee[1].office: found nothing in fr"),
        (
            ', fr = ["avec d’autres"]',
            "",
            "key sender.lines: found nothing in fr; expected each language. Readers of fr see it in en: is that "
            "intended?",
        ),
        (', fr = ["avec d’autres"]', ", fr = []", "Readers of fr see none of it: is that intended?"),
        (
            'fr = "Ministre des Eaux"',
            'fr = "Ministre des Eaux", km = "រដ្ឋមន្ត្រី"',
            "key addressee[1].office: found words in km; expected the languages of the letter. Nobody reads it, for "
            "there is no letter.km.md: is that intended?",
        ),
    ],
)
def test_words_that_are_missing_in_a_language_of_the_letter_are_said(folder, old, new, remark):
    change(folder, old, new)
    assert remark in remarks_on(folder)


def test_words_said_once_are_enough_for_a_letter_in_one_language(folder):
    change(folder, "Pêcheurs,France,fr", "Pêcheurs,France,en", "partners.csv")
    (folder / "letter.fr.md").unlink()
    change(
        folder, 'salutation = { en = "Dear Minister,", fr = "Madame la Ministre," }', 'salutation = "Dear Minister,"'
    )
    assert "salutation" not in remarks_on(folder)
    assert "key addressee[1].office: found words in fr" in remarks_on(folder)


def test_every_problem_of_every_file_is_told_at_once(folder):
    change(folder, 'zone = "Europe/Zurich"', 'zone = "Zurich"\njoin = "open"')
    change(folder, "Clean Coast,Ireland,en", "Clean Coast,Ireland,de", "partners.csv")
    (folder / "letter.fr.md").write_text("Chère Ministre")

    assert {line.split(":")[0] for line in told(folder).splitlines()} == {
        "campaign.toml, line 5, key zone",
        "campaign.toml, line 6, key join",
        "partners.csv, row 3, column language",
        "letter.fr.md, line 1",
        "letter.fr.md, line 2",
    }


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        (
            'show_signers = "everybody"',
            'key show_signers: found “everybody”; expected "nobody" or "partners" or "everyone"',
        ),
        ("public_page = true", "key public_page: found"),
        ('join = "aproved"', "Did you mean approved?"),
    ],
)
def test_who_sees_what_is_one_of_a_few_words(folder, line, sentence):
    change(folder, 'zone = "Europe/Zurich"', f'zone = "Europe/Zurich"\n{line}')
    assert sentence in told(folder)


@pytest.mark.parametrize("line", ['show_signers = "everyone"', 'join = "approved"'])
def test_what_needs_a_public_page_is_remarked_on_without_one(folder, line):
    change(folder, 'zone = "Europe/Zurich"', f'zone = "Europe/Zurich"\n{line}')
    assert 'public_page = "from launch" beside it' in remarks_on(folder)
    change(folder, line, f'{line}\npublic_page = "from launch"')
    assert "public_page" not in remarks_on(folder)


def test_a_broken_file_hides_no_problem_of_the_others(folder):
    (folder / "campaign.toml").write_text("title = ")
    (folder / "letter.fr.md").write_text("Chère Ministre\n\nBonjour")
    (folder / "partners.csv").write_text("organization\n")

    assert {line.split(",")[0].split(":")[0] for line in told(folder).splitlines()} == {
        "campaign.toml",
        "letter.fr.md",
        "partners.csv",
    }
    assert told(folder).count("campaign.toml") == 1


def test_a_passed_deadline_is_told_in_the_same_round_as_a_wrong_zone(folder):
    change(folder, "2030-04-14", "2023-04-14")
    change(folder, "Europe/Zurich", "Zurich")
    assert "key zone: found “Zurich”" in told(folder)
    assert "key deadline: found “2023-04-14T18:00:00”; expected a time in the future" in told(folder)

    typed = told(folder, deadline="2023-04-14T18:00")
    assert "--deadline: found “2023-04-14T18:00”; expected a time in the future" in typed


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ('title = "Save the river"', "title = 7", "campaign.toml, line 2, key title: "),
        ('"1d", "7d"', '\n"1d",\n"soon"', "campaign.toml, line 7, key reminders[2]: "),
        ('name = "River Watch"', "name = 7", "campaign.toml, line 12, key sender.name: "),
        ('name = "Minister Kim"', "", "campaign.toml, line 15, key addressee[1].name: "),
        ('fr = "Ministre des Eaux"', "fr = 7", "campaign.toml, line 17, key addressee[1].office.fr: "),
        ("minister@waters.example", "nobody", "campaign.toml, line 20, key addressee[1].email: "),
        ("[[addressee]]", '[[addressee]]\nname = "A"\nsalutation = 7\n[[addressee]]', "line 17, key addressee[1].sal"),
        ('title = "Save the river"', "", "campaign.toml, key title: "),
        ("quorum = 2", 'quorum = 0\nfrom_name = """\ntitle = 3"""', "campaign.toml, key quorum: "),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_line_where_that_is_beyond_doubt(folder, old, new, place):
    change(folder, old, new)

    assert place in told(folder)


def test_remarks_have_their_line_too(folder):
    change(folder, "quorum = 2", "quorum = 4")

    assert "campaign.toml, line 8, key quorum: found 4, with 3 partners" in remarks_on(folder)


def test_the_message_of_a_refusal_names_places_and_no_addresses(folder):
    (folder / "partners.csv").write_text("organization,email\nRiver Watch,rosa@\n")

    with pytest.raises(BadDefinition) as refused:
        read_definition(folder, now=NOW)

    assert str(refused.value) == "partners.csv, row 2, column email"


@pytest.mark.parametrize("name", ["Save-the-river", "save_the_river", "save--it", "sauvez-le-fleuve-été", "x" * 61])
def test_a_folder_is_named_as_addresses_are(folder, name):
    assert "Rename the folder." in told(folder.rename(folder.parent / name))


def test_what_is_no_folder_is_refused(folder):
    assert "found no such folder; expected a folder with campaign.toml in it" in told(folder / "missing")
    assert "found a file; expected a folder" in told(folder / "partners.csv")


def test_a_folder_is_named_by_where_it_is_and_not_by_how_it_was_typed(folder, monkeypatch):
    monkeypatch.chdir(folder)

    assert read_definition(Path("."), now=NOW).slug == "save-the-river"


@pytest.mark.parametrize("name", ["campaign.toml", "letter.en.md", "partners.csv"])
def test_what_is_no_plain_file_is_refused(folder, name):
    path = folder / name
    path.rename(folder / "kept")
    assert f"{name}: found no such file" in told(folder)

    path.symlink_to(folder / "kept")
    assert f"{name}: found a link to another file" in told(folder)

    path.unlink()
    path.mkdir()
    assert f"{name}: found a folder" in told(folder)

    path.rmdir()
    os.mkfifo(path)
    assert f"{name}: found something that is no file" in told(folder)


@pytest.mark.parametrize(
    ("name", "most"), [("campaign.toml", "256 KB"), ("letter.en.md", "256 KB"), ("partners.csv", "5.0 MB")]
)
def test_a_file_that_is_too_large_is_refused(folder, name, most):
    (folder / name).write_bytes(b"#" * (5 * 1024 * 1024 + 1))

    assert f"It may have {most} at most" in told(folder)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("ទន្លេ\u200bមេគង្គ", "“ទន្លេមេគង្គ”"),
        ("Objet\u00a0: l’eau", "“Objet : l’eau”"),
        ("River\u200bWatch", "“River<U+200B>Watch”"),
        ("River\u202eWatch", "“River<U+202E>Watch”"),
    ],
)
def test_what_is_quoted_can_be_read_in_its_script(text, quoted):
    assert shown(text) == quoted
