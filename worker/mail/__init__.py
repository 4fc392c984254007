"""Mail: what we say, as bytes, when it is due, and what the relay answered."""
