"""A letter that was pasted as plain lines: what it may have meant is said, and of a fine letter nothing is."""

import pytest

from worker.text.pasted_text import findings

LONG = (
    "In August 2022 you recommended twenty reforms of the law on water. None of them has been put into practice since."
)
LONGER = (
    "The dam at Nam Thau was approved on 3 March without any hearing of the villages. Eleven of them will be flooded."
)

WRAPPED = """\
# Postpone the dam at Nam Thau

We, the {{ count }} undersigned organizations, write to you because the dam
at Nam Thau was approved without any hearing of the villages. Eleven of them
will be flooded.
Those who live there have asked for a hearing since 2019, and none was held
before the decision of the Ministry of
Water was made public.

On 3 March 2030 the Ministry published the assessment. It is dated after the
decision - and says so itself. See its page
12. The annexes are missing.

We ask you:

1. to suspend the decision until all who are concerned have been heard by a
   commission that is independent of the Ministry;
2. to publish the annexes.

> Everyone has the right to a standard of living adequate for the health and
> well-being of himself and of his family.

## What comes next

The *second* reading is on 12 May. **We are ready to meet you** before that,
in Geneva or in Vientiane; see <https://nam-thau.example/page_1> and our
report of 2029.

Respectfully,
"""
ONE_LINE = f"""\
# Postpone the dam

We, the {{{{ count }}}} undersigned organizations, write to you with one voice. {LONG}

{LONGER} It stands in resolution 64/292 (A/RES/64/292), “paragraph 1. Recognizes”, and in Article 25.

**Voters who can learn.** On 13 February 2023 the broadcaster was closed.

They are pressed to take one of three ways:

1. to join the ruling party;
2. to renounce their work publicly, in writing or on record; or
3. to be killed.

No one should be left to choose between them.

Yours sincerely,
"""
BY_SENTENCES = """\
# Postpone the dam

We, the {{ count }} undersigned organizations, write to you because the dam was approved without a hearing of anybody.
It will flood eleven villages.
Nobody who lives there has been asked, although all of them wrote to the Ministry of Water in the year before.

We ask you to suspend the decision.
We ask you to publish the assessment,
with all of its annexes, before the second reading.

Respectfully,
"""
RICH = """\
# Postpone the dam

We, the {{ count }} undersigned, cite three sources[^1] and a table.[^2]

### Facts

- Villages: 11, on 30 km² of land
- People: 4 200
  - of whom children: 1 900

5. a list that begins with five
6. and goes on

Others are:

1. numbered
1. by Markdown
1. alone

| Village | People |
|---------|-------:|
| Ban Na  | 300    |
| Ban Mai | 200    |

Ban Na, on the river:\\
House 1\\
House 2

---

“[T]he dam [was] approved” – so the Ministry – [sic], on page 2.

[^1]: The assessment of 2029.
[^2]: Our report,
    second edition.

With the expression of our respect,

Rosa Kim, for the secretariat
"""
FRENCH = """\
# Soutien au report des élections

Nous, les {{ count }} organisations soussignées, vous écrivons d’une seule voix :
le 13 février 2023, le radiodiffuseur VOD a été fermé. La police
— militaire, municipale et civile —
presse les observateurs.

Nous vous demandons :

1. de reporter le scrutin ;
2. de publier les chiffres ; et
3. d’entendre M. Kem Sokha, peut-être dès avril.

« Toute personne a droit à la liberté d’opinion. »

Nous vous prions d’agréer, Monsieur le Professeur, l’expression de notre profond respect.
"""
KHMER = """\
# ការគាំទ្រការពន្យារពេលការបោះឆ្នោតជាតិ

យើងខ្ញុំ ជាអង្គការសង្គមស៊ីវិលចំនួន {{ count }} សូមសរសេរជូនលោកសាស្ត្រាចារ្យ ដោយសំឡេងតែមួយ។ តាមមតិឯកច្ឆន្ទ យើងខ្ញុំសូមស្នើសុំលោកសាស្ត្រាចារ្យ។

**អ្នកបោះឆ្នោតដែលអាចស្វែងយល់ព័ត៌មាន។** នៅថ្ងៃទី13 ខែកុម្ភៈ ឆ្នាំ2023 ស្ថានីយផ្សាយ ត្រូវបានបិទ គឺ 5 ខែ មុនពេលបោះឆ្នោត។

ក្នុងចំណោមផ្លូវបី៖

1. ចូលរួមជាមួយគណបក្សកាន់អំណាច
2. ប្រកាសបោះបង់ការងាររបស់ខ្លួនជាសាធារណៈ ឬ
3. ត្រូវគេសម្លាប់។

ដោយសេចក្ដីគោរព
"""
KHMER_WRAPPED = """\
# ការគាំទ្រការពន្យារពេលការបោះឆ្នោតជាតិ

យើងខ្ញុំ ជាអង្គការសង្គមស៊ីវិលចំនួន {{ count }} ដែលបានចុះហត្ថលេខាខាងក្រោម
ទាំងអង្គការនៃសហគមន៍កម្ពុជានៅក្រៅប្រទេស និងអង្គការនៅក្នុងប្រទេស សូមសរសេរជូនលោកសាស្ត្រាចារ្យ
ដោយសំឡេងតែមួយ។

អាស្រ័យហេតុនេះ យើងខ្ញុំសូមស្នើសុំលោកសាស្ត្រាចារ្យ យកសិទ្ធិអំណាចនៃអាណត្តិ
របស់លោកសាស្ត្រាចារ្យ មកគាំទ្រសំណើនេះ។
"""
LAWYERS = """\
# Communication under Article 2

The authors, {{ count }} organizations, submit this to the Committee (see
document CCPR/C/1, paras. 3 and 4) and to
Mr. Ode.

(a) The decision was made without a hearing.

(b) The assessment was published after it; the Ministry must (a) publish and
(b) correct it.

On the merits: Article 25 was breached, as was Article 19. In *Kim v.
Port Ash* the Committee held the same.

P.S. We can be reached through the secretariat.
"""
BRACKETS = """\
# The case of [name withheld]

We, the {{ count }} undersigned, write for [name withheld for safety], who was taken on 3 March 2030
from [place not known]; see [our report](https://river.example/page1) and *Kim*, para. 12 [3 pages].

Sahel – Lake Chad – Nile: no river is alone. No. 1 and no. 2 are dry, COVID19 or not; 40 % of 300 km² and 10 m³/s.

Those who were killed:

Boun Tha

Nam Seng

They were farmers. We ask for
- an inquiry.

> “We are the river.”
>
> — Nam, fisher

> “We were not asked.”
>
> — Boun, farmer

Genève, le 3 mars : la Ministre s’est tue. It matters.
"""
ALLEGATION = """\
# Joint allegation letter: forced evictions along the Nam Thau

We, the {{ count }} undersigned organizations, have the honour to bring to your attention information received.

According to the information received:

On 3 March 2030, at around 6 a.m., some 200 police officers entered Ban Na. Mr. Boun Tha, aged 54, was arrested.

On 5 March 2030, the U.N. country team asked for access. It was denied (see A/HRC/51/1, para. 12).

We are concerned that:

(a) the evictions were carried out without notice; and

(b) those who protested were detained.

To: be honest, we know no more than what the villages told us. In
2030 there were 800 people in the two villages, and there were 300 in
2031. It is clear.

Recalling the Pact,

Noting the decision,

we respectfully ask you to visit the country.

Please accept, Excellency, the assurances of our highest consideration.

P.S. Our report of 2029 is attached.

Annexes:

1. The report
2. The maps
"""
WRAPPED_ITEMS = """\
# Soutien aux villages

Nous, les {{ count }} organisations – dont 12 du Laos –, demandons avec la
Fédération internationale, Amnesty International, Forum-Asia, Mekong
Watch et la Ligue des droits humains d’entendre les villages.

1. de suspendre la décision jusqu’à ce que tous soient entendus
par une commission indépendante ;
2. de publier les annexes, et le procès-verbal de la réunion du
Ministère.

> Tout citoyen a le droit :
>
> a) de prendre part à la direction des affaires publiques ;
>
> b) de voter.

Nous demandons 1° un moratoire et 2° une enquête.
"""
FINE = {
    "of an allegation": ALLEGATION,
    "in French, with wrapped items": WRAPPED_ITEMS,
    "wrapped at 76 columns": WRAPPED,
    "one line a paragraph": ONE_LINE,
    "one line a sentence": BY_SENTENCES,
    "with all that Markdown has": RICH,
    "in French": FRENCH,
    "in Khmer": KHMER,
    "in Khmer, wrapped": KHMER_WRAPPED,
    "by lawyers": LAWYERS,
    "with brackets": BRACKETS,
    "wrapped, of one paragraph": "# Save it\n\n" + "\n".join(WRAPPED.split("\n")[2:8]) + "\n",
    "in a few words": "# Save it\n\nWe, {{ count }} organizations, ask you.\nSave it soon.\n\nRespectfully,\n",
    "without an end": "# Save it\n\nWe, {{ count }}, ask you to save it",
}


@pytest.mark.parametrize("letter", FINE.values(), ids=FINE)
def test_of_a_letter_that_prints_as_it_stands_nothing_is_said(letter: str) -> None:
    assert findings(letter) == []


def with_body(body: str) -> str:
    return f"# Postpone the dam\n\nWe, the {{{{ count }}}} undersigned, ask for it.\n\n{body}\n"


def told(body: str) -> dict[str, tuple[int, ...]]:
    """What is found in a letter with this body, from line 5 on: the lines of each kind."""
    return {finding.found: finding.lines for finding in findings(with_body(body))}


GAPS = "paragraphs with no empty line below them"
SIGNS = "signs of a list that are none here"
NUMBERS = "numbers or letters of a list within a paragraph"
HEADINGS = "what may be a heading"
SHORT = "short lines, as of an address, a signature or a list"
ABOVE = "an address, a date, a subject or a salutation"
BELOW = "names as of those who sign"
NOTES = "what may be marks of footnotes"
CELLS = "cells as of a table"
PAGES = "numbers or heads of pages"
MAIL = "what stands around an email (From, Subject …)"
DRAWN = "lines drawn with signs (_____, .....)"
HYPHEN = "a hyphen at the end of a line, within a word"
FILL = "something to fill in"
WORD = "codes that Word or an email program wrote for itself"
APART = "an empty line within a sentence"
EMPTY = "lines that look empty and are not (with a space that cannot break)"
COPIES = "who gets a copy"
ENDS = "two spaces or a backslash at the end of lines within a sentence"
DASHED = "a sentence that goes on in a line with a hyphen or a number in front"
ITEMS = "what may be items of a list, without signs"
STUCK = "text directly below a list or a quotation"


@pytest.mark.parametrize(
    ("body", "kind", "lines"),
    [
        # paragraphs
        (f"{LONG}\n{LONGER}\nWe ask you to act.", GAPS, (5, 6)),
        (f"{LONG}\n{LONGER}\n\nWe ask you to act.", GAPS, (5,)),
        ("នៅខែសីហា លោកសាស្ត្រាចារ្យបានផ្ដល់អនុសាសន៍។ កំណែទម្រង់ទាំងនោះមិនត្រូវបានអនុវត្តទេ។\n" * 3, GAPS, (5, 6)),
        (
            "Le barrage a été approuvé le 3 mars sans que personne ne soit entendu. Onze villages seront noyés.\n"
            "Nous vous demandons d’agir. Il est encore temps de publier toutes les annexes de cette étude, et vite !",
            GAPS,
            (5,),
        ),
        (
            "Recalling the resolution 64/292 of the General Assembly on the human right to water and sanitation,\n"
            "Noting with deep concern that the decision was made in private and without any public hearing,\n"
            "Convinced that the people of the eleven villages have the right to be heard before they are moved,\n"
            "We ask you to act.",
            GAPS,
            (5, 6, 7),
        ),
        # signs of lists
        *(
            (f"We ask you:\n{sign}to stop\n{sign}to hear\n{sign}to act", SIGNS, (6, 7, 8))
            for sign in ("• ", "•\t", "·\t")
        ),
        *((f"We ask:\n\n{sign}to stop\n{sign}to hear", SIGNS, (7, 8)) for sign in ("– ", "— ", "‣ ", "▪ ", "○ ", "►")),
        *(
            (f"We ask:\n\n{sign}to stop\n{sign}to hear", SIGNS, (7, 8))
            for sign in ("o\t", "§\t", "Ø\t", "ü\t", "o  ", "v\t")
        ),
        *(
            (f"We ask:\n\n{sign}to stop\n{sign}to hear", SIGNS, (7, 8))
            for sign in ("-\u00a0", "*\u00a0", "-", "–", "●", "✓ ")
        ),
        ("We ask:\n\n• to stop\n\n• to hear\n\nSoon.", SIGNS, (7, 9)),
        ("យើងស្នើសុំ៖\n• បញ្ឈប់\n• ស្ដាប់", SIGNS, (6, 7)),
        # numbers
        *(
            (f"We ask you:\n{one} to stop\n{two} to hear", NUMBERS, (6, 7))
            for one, two in (("(a)", "(b)"), ("a)", "b)"), ("i.", "ii."), ("(i)", "(ii)"), ("1.1", "1.2"), ("១.", "២."))
        ),
        *(
            (f"We ask you:\n{one} to stop\n{two} to hear", NUMBERS, (6, 7))
            for one, two in (
                ("(1)", "(2)"),
                ("A.", "B."),
                ("IV.", "V."),
                ("១)", "២)"),
                ("ក.", "ខ."),
                ("1°", "2°"),
                ("①", "②"),
            )
        ),
        ("We ask you:\n1.to stop\n2.to hear", NUMBERS, (6, 7)),
        ("We ask you:\n1.\u00a0to stop\n2.\u00a0to hear", NUMBERS, (6, 7)),
        ("We also ask you:\n4. to stop\n5. to hear", NUMBERS, (6, 7)),
        ("We also ask you.\n3) to stop", NUMBERS, (6,)),
        ("1. to stop\n   1.1 the dam\n   1.2 the road", NUMBERS, (6, 7)),
        ("1. one\n3. two\n4. three", "a list with the numbers 3, 4", (6, 7)),
        ("1. one\n1. two\n2. three", "a list with the numbers 1, 2", (6, 7)),
        # headings
        (f"BACKGROUND\n\n{LONG}", HEADINGS, (5,)),
        (f"Background\n\n{LONG}\n\nWhat we ask for\n\n{LONGER}", HEADINGS, (5, 9)),
        (f"I. Background\n\n{LONG}\n\nII. Demands\n\n{LONGER}", HEADINGS, (5, 9)),
        (f"1. Background\n\n{LONG}\n\n2. Demands\n\n{LONGER}", HEADINGS, (5, 9)),
        (f"Background\n{LONG}", HEADINGS, (5,)),
        (f"#Background\n\n{LONG}", HEADINGS, (5,)),
        (f"**Background**\n{LONG}", HEADINGS, (5,)),
        (f"##\u00a0Background\n\n{LONG}", HEADINGS, (5,)),
        (f"សាវតារ\n\n{KHMER.split(chr(10))[2]}", HEADINGS, (5,)),
        (f"Contexte général\n\n{LONG}", HEADINGS, (5,)),
        # lines that run together
        ("You can write to us:\n\nRiver Watch\n1 Dam Street\nPort Ash", SHORT, (7, 8, 9)),
        ("Respectfully,\nThe secretariat", SHORT, (5, 6)),
        ("We ask you\n\nPhone: 123 456\nMail: rosa@river.example", SHORT, (7, 8)),
        ("We ask you:\nProfessor Ada Weir\nRosa Kim", SHORT, (5, 6, 7)),
        ("We ask you:\nto stop the dam\nto hear the villages\nto publish", ITEMS, (6, 7, 8)),
        ("We ask you:\n\nto stop the dam;\nto hear the villages;\nto publish the assessment.", ITEMS, (7, 8, 9)),
        (
            "Nous vous demandons\nde suspendre la décision du 3 mars 2030 jusqu’à une audition des villages ;\n"
            "de publier l’étude, avec toutes ses annexes, dans toutes les langues des villages concernés ; et\n"
            "d’agir.",
            ITEMS,
            (6, 7, 8),
        ),
        ("It began so:\n\n3 March 2030: the decision.\n4 March 2030: the assessment.", ITEMS, (7, 8)),
        ("យើងស្នើសុំ៖\nសូមបញ្ឈប់ការសម្រេច\nសូមស្ដាប់ភូមិ", SHORT, (5, 6, 7)),
        ("[ ] to stop\n[x] to hear", SIGNS, (5, 6)),
        (f"I. Contexte\n{LONG}", HEADINGS, (5,)),
        (
            "   The dam was approved on 3 March. Nobody who lives in the villages was\nheard.\n"
            "   The Ministry says nothing about that, and nobody knows what it thinks\nof us.\n   We ask you to act.",
            GAPS,
            (6, 8),
        ),
        ("ដោយសេចក្ដីគោរព\nអង្គការដែលបានចុះហត្ថលេខា", SHORT, (5, 6)),
        ("You can write to us:\n\nRosa Kim\nrosa@river.example\n+41 22 123 45 67", SHORT, (7, 8, 9)),
        # spaces that are none, and too many
        (f"{LONG}\n\u00a0\n{LONGER}", EMPTY, (6,)),
        (f"{LONG}\n\u3000\n{LONGER}\n \u00a0\nSoon.", EMPTY, (6, 8)),
        (
            "The dam at Nam Thau was approved on 3 March without any hearing  \n"
            "of the villages, and nobody knows where those who live there will  \ngo.",
            ENDS,
            (5, 6),
        ),
        (
            "The dam at Nam Thau was approved without any hearing of the villages\n"
            "- and nobody knows where those who live there will go, or when.",
            DASHED,
            (6,),
        ),
        ("Respectfully,\n\ncc: Permanent Mission of Example", COPIES, (7,)),
        ("Bientôt.\n\nCopie à : Mission permanente", COPIES, (7,)),
        # names
        ("Yours sincerely,\n\nRosa Kim\nDirector of River Watch", BELOW, (7, 8)),
        ("Respectfully,\n\n- River Watch\n- Clean Coast\n- Pêcheurs", BELOW, (7, 8, 9)),
        ("Respectfully,\nRiver Watch\nClean Coast\nPêcheurs", BELOW, (6, 7, 8)),
        ("Soon.\n\n## Signatories\n\nRiver Watch\n\nClean Coast", BELOW, (7, 9, 11)),
        ("Soon.\n\nSigned by:\n\n1. River Watch\n2. Clean Coast", BELOW, (7, 9, 10)),
        ("Bientôt.\n\nSignataires :\n\n- River Watch\n- Pêcheurs", BELOW, (7, 9, 10)),
        # notes
        ("It was approved[1] and published.[2]\n\n[1] The decision.\n[2] The assessment.", NOTES, (5, 7, 8)),
        ("It was approved[1] and published.", NOTES, (5,)),
        ("It was approved[i] in 2029.\n\n[i] The decision.", NOTES, (5, 7)),
        ("It was approved¹ and published.²", NOTES, (5,)),
        ("It was approved.¹\n\n¹ The decision.", NOTES, (5, 7)),
        ("It was approved1 and published.2 Soon.", NOTES, (5,)),
        ("It was approved1 in 2029.\n\n1 The decision.", NOTES, (5, 7)),
        ("ត្រូវបានបិទ¹ ក្នុងឆ្នាំ2023។", NOTES, (5,)),
        # tables
        ("Village\tPeople\nBan Na\t300\nBan Mai\t200", CELLS, (5, 6, 7)),
        ("Village     People\nBan Na      300\nBan Mai     200", CELLS, (5, 6, 7)),
        ("| Village | People |\n| Ban Na | 300 |", CELLS, (5, 6)),
        ("Ban Na\t300\n\nBan Mai\t200", CELLS, (5, 7)),
        # pages, mails, lines
        (f"{LONG}\n\nPage 2 of 4\n\n{LONGER}", PAGES, (7,)),
        (f"{LONG}\n\n- 2 -\n\n{LONGER}", PAGES, (7,)),
        (f"{LONG}\n\n2\n\n{LONGER}", PAGES, (7,)),
        (f"{LONG}\n\nទំព័រ ២\n\n{LONGER}", PAGES, (7,)),
        (f"{LONG}\n\nJoint letter | Page 2\n\n{LONGER}", PAGES, (7,)),
        (f"DRAFT 3\n\n{LONG}\n\nDRAFT 3\n\n{LONGER}\n\nDRAFT 3", PAGES, (5, 9, 13)),
        (f"From: Rosa\nTo: Kim\nSubject: Letter\n\n{LONG}", MAIL, (5, 6, 7)),
        (f"De : Rosa\nEnvoyé : lundi\nÀ : Kim\nObjet : Lettre\n\n{LONG}", MAIL, (5, 6, 7, 8)),
        (f"{LONG}\n\nSent from my iPhone", MAIL, (7,)),
        (f"-----Original Message-----\n\n{LONG}", MAIL, (5,)),
        ("Respectfully,\n\n______________________", DRAWN, (7,)),
        ("Name: ____________ Date: ........", DRAWN, (5,)),
        # within words and sentences
        ("It is for the govern-\nment to decide about that.", HYPHEN, (5,)),
        ("Il faut que le gou-\nvernement décide.", HYPHEN, (5,)),
        ("[Your name] asks.", FILL, (5,)),
        ("On [DATE] the [insert ministry] decided.", FILL, (5,)),
        ("Le [date] à [lieu à compléter].", FILL, (5,)),
        ("As in Error! Reference source not found. above", WORD, (5,)),
        ("The dam[RK1] must wait, =E2=80=99 or so.", WORD, (5,)),
        (
            "The dam at Nam Thau was approved without\n\nany hearing of the villages and\n\nof those who live in the"
            "\n\nmountains around them.",
            APART,
            (5, 7, 9),
        ),
        # below lists
        ("- to stop\n- to hear\nWe ask you to act soon.", STUCK, (7,)),
        (f"1. to stop;\n2. to hear.\n{LONG}", STUCK, (7,)),
        (f"> Everyone has the right to water.\n{LONG}", STUCK, (6,)),
    ],
)
def test_what_a_pasted_letter_may_mean_is_said_with_its_lines(body: str, kind: str, lines: tuple[int, ...]) -> None:
    assert told(body).get(kind) == lines, told(body)
    assert len(told(body)) == 1, told(body)


TOP_AND_END = f"""\
# Subject: the dam at Nam Thau
Geneva, 3 March 2030
Professor Ada Weir
Palais des Nations

Dear Professor Weir,

{LONG}1
Background
{LONGER}2

Yours sincerely,

Rosa Kim
River Watch

1 The decision of the Ministry.
2 A/HRC/51/1, paragraph 12.
"""


def test_a_whole_letter_is_told_by_kinds_and_no_line_twice_for_the_same() -> None:
    found = {finding.found: finding.lines for finding in findings(TOP_AND_END)}

    assert found == {
        "a word such as “Subject:” before the subject": (1,),
        ABOVE: (2, 3, 4, 6),
        BELOW: (14, 15),
        GAPS: (8,),
        HEADINGS: (9,),
        NOTES: (8, 10, 17, 18),
    }


@pytest.mark.parametrize(
    ("top", "lines"),
    [
        ("Dear Minister,", (3,)),
        ("Excellency,", (3,)),
        ("Madame la Ministre,", (3,)),
        ("ជូនចំពោះ លោកសាស្ត្រាចារ្យ៖", (3,)),
        ("Genève, le 3 mars 2030", (3,)),
        ("Re: the dam", (3,)),
        ("Objet : le barrage", (3,)),
        ("Ada Weir\nMinister of Water\nPort Ash", (3, 4, 5)),
        ("Ada Weir\\\nMinister of Water\n\nDear Minister,", (3, 4, 6)),
        ("Ada Weir\\\nMinister of Water\n\nDam Street 4, Port Ash\n\nDear Minister,", (3, 4, 6, 8)),
        ("Coalition\\\nPort Ash\n\nAda Weir\\\nMinister\n\nPort Ash, 3 March 2030\n\nExcellency,", (3, 4, 6, 7, 9, 11)),
    ],
)
def test_what_each_letter_prints_above_its_text_is_told_at_its_top(top: str, lines: tuple[int, ...]) -> None:
    (finding,) = findings(f"# Save it\n\n{top}\n\nWe, {{{{ count }}}} organizations, ask you to save it.\n")

    assert (finding.found, finding.lines) == (ABOVE, lines)


def test_lines_that_keep_their_ends_are_as_they_stand() -> None:
    address = "Write to us:\\\nRiver Watch  \n1 Dam Street\\\nPort Ash"

    assert told(address) == {}


def test_a_letter_copied_from_a_pdf_is_told_its_paragraphs() -> None:
    paragraph = (
        "The dam at Nam Thau was approved on 3 March without any hearing of the\n"
        "villages. Eleven of them will be flooded, and nobody knows where those\n"
        "who live there will go.\n"
    )

    assert told(paragraph * 3) == {GAPS: (7, 10)}
