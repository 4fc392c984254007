"""Every act of the desk, in the order in which pages offer them."""

from worker.web.desk import (
    deadline_acts,
    letter_acts,
    list_acts,
    member_acts,
    panic_acts,
    partner_acts,
    safety_acts,
)
from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = (
    *list_acts.ACTS,
    *partner_acts.ACTS,
    *deadline_acts.ACTS,
    *letter_acts.ACTS,
    *member_acts.ACTS,
    *safety_acts.ACTS,
    *panic_acts.ACTS,
)
