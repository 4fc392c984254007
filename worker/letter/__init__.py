"""The letter: its text, who is named under it and in which order, and how it looks on paper."""
