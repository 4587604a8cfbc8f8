"""From measurements to a word: summaries, the decision, the sequential rule. Pure functions."""
