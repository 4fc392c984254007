"""Words without rows: languages, dates, names, characters."""
