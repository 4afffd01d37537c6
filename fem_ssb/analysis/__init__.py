"""Analysis: maps on interfaces, effective properties."""
