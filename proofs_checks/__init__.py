"""The claims: one folder per theorem, one file per statement. See each file's docstring."""
