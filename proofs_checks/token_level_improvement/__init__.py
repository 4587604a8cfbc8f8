"""Token-level exploration: the soft dynamic programme over tokens, and what MTSS gains by it."""
