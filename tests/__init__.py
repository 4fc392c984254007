"""What we promise: stories first, then one file per module for its corners."""
