"""Coverage is necessary for runtime: the hidden needle, step by step."""
