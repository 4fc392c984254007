"""What the program costs, in ratios to peers and limits, measured in turns; `docs/bench.md` is how to read it."""
