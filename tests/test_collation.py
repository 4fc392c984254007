"""Names are sorted as the Unicode Collation Algorithm says, though its table is read by parts."""

import random
from pathlib import Path

import pyuca
from pyuca.collator import Collator

from worker.text.collation import sort_key

TABLE = Path(pyuca.__file__).with_name(f"allkeys-{Collator.UCA_VERSION}.txt")


def test_every_row_of_the_table_counts_as_if_all_were_read_at_once() -> None:
    whole = Collator()
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    rows = [line.partition(";")[0].split() for line in lines if line[:1].isalnum()]
    written = ["".join(chr(int(code, 16)) for code in row) for row in rows]
    assert len(written) > 30_000
    random.Random(7).shuffle(written)

    names = ["".join(written[at : at + 5]) for at in range(0, len(written), 5)]
    names += ["", "\u4e2d\u6587", "\U00017000", "\U0001b170", "\U0010fffe", "e\u0323\u0302", "e\u0302\u0323"]

    assert [name for name in names if sort_key(name) != tuple(whole.sort_key(name))] == []
