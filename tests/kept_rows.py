"""A campaign at the moment of a backup, and its rows put back as they were."""

from typing import Any

from sqlalchemy.orm import Session

from tests import cast, persons
from worker import db
from worker.acts import contacts, invite
from worker.models import Base, Campaign, bound


def a_backup(session: Session) -> Campaign:
    """River Watch was asked and has another contact, Eau Vive is silent, Delta signs publicly, one adds its voice."""
    campaign = cast.a_campaign(session, partners=("Delta",), members="named", public_page="from launch")
    persons.adds_voice(session, campaign)
    invite.enqueue_invitations(session, campaign.id)
    contacts.add_contact(session, campaign.partners[0].id, "chair@river.example", language="en")
    cast.signs(session, campaign.partners[2])
    return campaign


def all_rows(session: Session) -> dict[str, list[dict[str, Any]]]:
    tables = Base.metadata.sorted_tables
    return {table.name: [dict(row._mapping) for row in session.execute(table.select())] for table in tables}


def restore(rows: dict[str, list[dict[str, Any]]]) -> None:
    """Put all rows back as they were."""
    models = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    with db.engine().execution_options(writing=True).begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            connection.execute(table.delete())
        for table in Base.metadata.sorted_tables:
            for row in rows[table.name]:
                connection.execute(table.insert().values(bound(models[table], row)))
