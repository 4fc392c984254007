"""The sealed letter: look at it, send it, bring it, and what comes after."""

from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = ()
