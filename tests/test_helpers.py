"""What several tests use is in a module that says what it holds, and in no test."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parent
FROM_A_TEST = re.compile(
    r"^(?:from tests\.test_|from tests import (?:.*, )?test_|import tests\.test_).*$", re.MULTILINE
)


def test_no_module_imports_out_of_a_test() -> None:
    found = {
        f"{path.relative_to(TESTS)}: {line}"
        for path in TESTS.rglob("*.py")
        for line in FROM_A_TEST.findall(path.read_text())
    }
    assert found == set()
