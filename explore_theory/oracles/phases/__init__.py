"""Whole phases of an algorithm as one question: round by round, and by their exact law."""
