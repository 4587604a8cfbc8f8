"""What the claims of this package share."""

SIDES = 6


def at_least_one(chance, throws):
    """The probability that one of `throws` throws shows what each shows with probability `chance`."""
    return 1 - (1 - chance) ** throws


def no_six(generator, throws):
    """Whether none of `throws` throws is a six."""
    return bool((generator.integers(1, SIDES + 1, size=throws) < SIDES).all())
