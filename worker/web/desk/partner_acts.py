"""What organizers do for one partner."""

from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = ()
