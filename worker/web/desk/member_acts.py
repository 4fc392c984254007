"""Persons' voices: their number, their own words, what the addressee is told of them."""

from worker.web.desk.doing import DeskAct

ACTS: tuple[DeskAct, ...] = ()
