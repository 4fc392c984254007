"""Bring all that is encrypted from SECRET_KEY_OLD under SECRET_KEY, while everything runs."""

from typing import Any

from sqlalchemy import (
    ColumnElement,
    LargeBinary,
    RowMapping,
    Table,
    bindparam,
    case,
    delete,
    exists,
    select,
    type_coerce,
    update,
)
from sqlalchemy.orm import Session, aliased

from worker import column_types, db, key_check, tokens
from worker.acts import suppressions
from worker.column_types import CannotBeRead, Encrypted
from worker.models import Contact, Installation, Member, Partner, Suppression, ThirdPartyAddress
from worker.state.key_change import begins_with, encrypted_columns
from worker.text.addresses import mailbox

AT_ONCE = 200  # rows in one transaction


def rewrite_some(session: Session, table: Table, after: int) -> int | None:
    """Rewrite the next rows of a table behind a number; the last one's number, or null at the end.

    A row that somebody else holds is left for another time, so that nobody waits, and none is overwritten with what
    was read before. One that cannot be read stays as it is.
    """
    names = encrypted_columns(table)
    bound_by = _bound_by(table)
    kept: list[ColumnElement[Any]] = [type_coerce(table.c[name], LargeBinary).label(name) for name in names]
    former = begins_with(table, column_types.prefixes()[1:])
    kept += [table.c[name] for name in ("email_hmac", "mailbox_hmac", "campaign_id") if name in table.c]
    page = select(table.c.id, table.c[bound_by].label("binding"), *kept).where(table.c.id > after, former)
    page = page.order_by(table.c.id).limit(AT_ONCE).with_for_update(skip_locked=True, key_share=True)
    if not (rows := session.execute(page).mappings().all()):
        return None
    addresses: list[str] = []
    for row in rows:
        binding = row["binding"] if isinstance(row["binding"], int) else bytes(row["binding"])
        values: dict[str, bytes] = {}
        for name in names:
            column = table.c[name].type
            assert isinstance(column, Encrypted)
            if not row[name]:
                continue
            try:
                text = column_types.decrypt(column.name, binding, bytes(row[name]))
            except CannotBeRead:
                continue
            values[name] = column_types.encrypt(column.name, binding, text)
            if name == "email" and row["email_hmac"] is not None:
                addresses.append(text)
                values["email_hmac"] = tokens.fingerprint(text)
                if (of_mailbox := _mailbox_fingerprint(session, table, row, text)) is not None:
                    values["mailbox_hmac"] = of_mailbox
        if values:
            _write(session, table, row["id"], values)
    _find_by_new_fingerprints(session, addresses)
    return int(rows[-1]["id"])


def finish(session: Session, *, rewritten: bool) -> None:
    """Note that all is under SECRET_KEY since now: a process that has the old key alone does not start any more.

    `rewritten`: whether anything was not under it; to do it twice changes nothing.
    """
    installation = session.get_one(Installation, 1, with_for_update=True, populate_existing=True)
    new = key_check.of_keys(bytes(installation.number))[0]
    if rewritten or installation.key_check is None or bytes(installation.key_check) != new:
        installation.key_check, installation.key_since = new, db.clock(session)


def _bound_by(table: Table) -> str:
    return next(one.type.bound_by for one in table.columns if isinstance(one.type, Encrypted))


def _write(session: Session, table: Table, number: int, values: dict[str, bytes]) -> None:
    raw = {name: bindparam(f"new_{name}", value, type_=LargeBinary) for name, value in values.items()}
    session.execute(update(table).where(table.c.id == number).values(raw))


def _mailbox_fingerprint(session: Session, table: Table, row: RowMapping, email: str) -> bytes | None:
    """That of the address under the present key; null where a member may not have it.

    That is where another row of its campaign has it, as if it were two.
    """
    if row.get("mailbox_hmac") is None:
        return None
    new = tokens.fingerprint(mailbox(email))
    if table is not Member.__table__:
        return new
    its = (Member.campaign_id == row["campaign_id"], Member.mailbox_hmac == new, Member.id != row["id"])
    return None if session.scalar(select(exists().where(*its))) else new


def _find_by_new_fingerprints(session: Session, addresses: list[str]) -> None:
    """What is known of these addresses by their old fingerprints alone is known by the new ones."""
    suppressions.find_again(session, addresses)
    for address in set(addresses):
        new, *former = tokens.fingerprints(address)
        # Who asked to sign and was forgotten; so nobody is written to more often because a key was changed.
        forgotten = ThirdPartyAddress.email_hmac.in_(former), type_coerce(ThirdPartyAddress.email, LargeBinary) == b""
        session.execute(
            update(ThirdPartyAddress).where(*forgotten).values(email_hmac=new),
            execution_options={"synchronize_session": False},
        )
        _let_forgotten_mailboxes_be_found(session, address)
        _let_blank_members_be_found(session, address)
        owners = (Partner, Contact, ThirdPartyAddress, Member)
        used = (exists().where(one.email_hmac == Suppression.email_hmac) for one in owners)
        unused = [Suppression.email_hmac.in_(former), *(~one for one in used)]
        session.execute(delete(Suppression).where(*unused), execution_options={"synchronize_session": False})


def _let_forgotten_mailboxes_be_found(session: Session, address: str) -> None:
    """Likewise by its mailbox, whatever variant of the address was typed."""
    new, *former = tokens.fingerprints(mailbox(address))
    blank = type_coerce(ThirdPartyAddress.email, LargeBinary) == b""
    session.execute(
        update(ThirdPartyAddress).where(ThirdPartyAddress.mailbox_hmac.in_(former), blank).values(mailbox_hmac=new),
        execution_options={"synchronize_session": False},
    )


def _let_blank_members_be_found(session: Session, address: str) -> None:
    """Likewise persons whose wish was blanked, or who said that it was not their doing; by the index over mailboxes."""
    (new, *former), (new_mailbox, *former_mailboxes) = (
        tokens.fingerprints(address),
        tokens.fingerprints(mailbox(address)),
    )
    other = aliased(Member)
    has_it = exists().where(other.campaign_id == Member.campaign_id, other.mailbox_hmac == new_mailbox)
    blank = type_coerce(Member.email, LargeBinary) == b""
    found_again = {
        "mailbox_hmac": new_mailbox,
        "email_hmac": case((Member.email_hmac.in_(former), new), else_=Member.email_hmac),
    }
    session.execute(
        update(Member).where(Member.mailbox_hmac.in_(former_mailboxes), blank, ~has_it).values(found_again),
        execution_options={"synchronize_session": False},
    )
