"""Imports go down and never return; each library is imported in few places."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

WORKER = Path(__file__).resolve().parent.parent / "worker"

# Each floor may use the floors below it. Packages on one floor do not import each other, except where a line says so.
FLOORS = [
    {"settings", "log", "registry", "child_process"},
    {"text", "column_types", "celery_config"},
    {"choices"},
    {"models"},
    {"journal"},
    {"tokens", "db", "mirror"},
    {"vacuum", "installation", "key_check"},
    {"definition", "mail", "migrations"},
    {"backup"},
    {"state"},
    {"wording"},
    {"acts", "startup", "task_notifier"},
    {"broker"},
    {"tasks"},
    {"web"},
    {"embedded"},
    {"process"},
    {"cli"},
    {"__main__"},
]
ONLY_IN = {
    "celery": {"tasks", "embedded"},
    "kombu": {"broker", "task_notifier"},
    "aiosmtplib": {"mail/smtp", "mail/smtp_wire", "mail/relay_answers"},
    "imap_tools": {"mail/bounce_mailbox"},
    "urllib.request": {"cli/demo/partner"},
    "starlette": {"web"},
    "uvicorn": {"embedded", "process", "web/serving"},
    "alembic": {"migrations"},
    "aiosmtpd": {"mail/catcher"},
    "pyrage": {"backup/archive", "backup/identity"},
    "pyotp": {"acts/second_factor"},
    "typst": {"wording/typesetting"},
    "pikepdf": {"wording/typesetting"},
    "openpyxl": {"definition/xlsx", "wording/spreadsheet"},
    "python_calamine": {"definition/calamine"},
    **{library: {"cli/doctor/system"} for library in ("http.client", "redis")},  # the doctor's
    **{library: {"cli/doctor/mail"} for library in ("dns", "smtplib")},
}

OF_PAGES = {
    *("sqlalchemy.orm", "sqlalchemy.orm.Session"),  # what is passed on to `state/` and `acts/`
    *("sqlalchemy.engine", "sqlalchemy.engine.Row"),  # what a look has found
    "sqlalchemy.exc",
    *(f"sqlalchemy.exc.{one}" for one in ("InterfaceError", "OperationalError", "SQLAlchemyError", "TimeoutError")),
}
"""What a page may know of sqlalchemy: no statement is made of it."""


def _modules() -> list[Path]:
    return [path for path in sorted(WORKER.rglob("*.py")) if path != WORKER / "__init__.py"]


def _package(module: Path) -> str:
    return module.relative_to(WORKER).with_suffix("").parts[0]


def _name(module: Path) -> str:
    return module.relative_to(WORKER).with_suffix("").as_posix().removesuffix("/__init__")


@cache
def _imports(module: Path) -> list[str]:
    """Every imported module by its whole name, those inside functions and type checks too; each file is read once."""
    return list(_imported(module))


def _imported(module: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _floor(package: str) -> int:
    return next(number for number, packages in enumerate(FLOORS) if package in packages)


@pytest.mark.parametrize("module", _modules(), ids=_name)
def test_arrows_point_down(module: Path) -> None:
    package = _package(module)
    used = {name.split(".")[1] for name in _imports(module) if name.startswith("worker.")}
    for other in used - {package}:
        assert _floor(other) < _floor(package), f"worker.{package} imports worker.{other}"


@pytest.mark.parametrize("library", ONLY_IN)
def test_each_library_is_imported_where_it_belongs(library: str) -> None:
    users = {_name(module) for module in _modules() if any(_is(name, library) for name in _imports(module))}
    strangers = {user for user in users if not any(user == r or user.startswith(f"{r}/") for r in ONLY_IN[library])}
    assert users, f"nothing uses {library}: take it out of this table"
    assert not strangers


def test_every_package_is_on_a_floor() -> None:
    assert {_package(module) for module in _modules()} == set().union(*FLOORS)


def _is(name: str, library: str) -> bool:
    return name == library or name.startswith(f"{library}.")


@pytest.mark.parametrize("module", [one for one in _modules() if _package(one) == "web"], ids=_name)
def test_no_query_stands_in_a_page(module: Path) -> None:
    """Rows are read by `state/` and changed by `acts/`."""
    tree = ast.parse(module.read_text())
    borrowed = {name for name in _imports(module) if _is(name, "sqlalchemy")} - OF_PAGES
    assert not borrowed
    asked = {
        f"{node.func.value.id}.{node.func.attr}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
    }
    assert not {one for one in asked if one.startswith("session.")}
    assert "db.read_autocommit" not in asked
