"""Trials of the promises, as many as time allows, with real parts: `make soak`, and docs/soak.md to read it."""
