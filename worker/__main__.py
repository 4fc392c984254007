"""`python -m worker` is `undersigned`."""

from worker.cli import main

main()
