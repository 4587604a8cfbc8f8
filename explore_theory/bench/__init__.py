"""How fast this machine runs what the package does: ratios within one run, and how costs grow."""
