"""Panic: nothing public, no link, no mail, until an owner ends it."""

from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = ()
