"""The list of partners: add some, take one out, let one in that asked."""

from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = ()
