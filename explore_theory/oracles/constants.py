"""Constants that a compiled loop and its NumPy twin share: both must compute the same numbers."""

#: Steps and multipliers of SplitMix64 (Steele, Lea and Flood 2014).
GOLDEN, MIX1, MIX2 = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB

#: Words of randomness per layer of a rollout.
WORDS = 4
#: Fewer candidates than this are drawn by a table.
WINDOW = 32
#: Harmonic numbers below this are read from a table; beyond, four terms of Euler and Maclaurin give 1e-16.
HARMONIC = 1 << 12
EULER = 0.5772156649015329
