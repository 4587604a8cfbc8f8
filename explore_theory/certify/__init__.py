"""Ways to be sure: symbolic identities, ball arithmetic over boxes, convex programs with checked duals.

The heavy libraries behind them (SymPy, python-flint, CVXPY) are imported when a certificate is asked for.
"""
