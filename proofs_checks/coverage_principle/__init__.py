"""The coverage profile of a model: what divergences say of it, and what best-of-N makes of it."""
