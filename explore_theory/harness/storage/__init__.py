"""The store: one SQLite file, its schema and history; reading and merging."""
