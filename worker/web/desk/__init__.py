"""The organizers' desk: in the browser what commands do. `table.py` says what there is, `door.py` who may."""
