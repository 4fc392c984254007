"""What waits for a second person."""

from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = ()
