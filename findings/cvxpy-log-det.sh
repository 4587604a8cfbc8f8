#!/bin/sh
# CVXPY 1.9.3: `log_det(A).value` is a finite number for some matrices with no positive eigenvalue.
#
# `log_det` is concave on positive definite matrices and minus infinity elsewhere, and so its value is for a
# singular A, and for one with an odd number of negative eigenvalues. With an even number the determinant is
# positive and its logarithm is returned: 0 for minus the identity of R^2, as for the identity itself. Adding
# the two, log_det of their mean is minus infinity, below the mean of the values, so the values are not concave.
#
# What it costs: a design or covariance that has left its domain by rounding or by a sign is believed to be as
# good as any; which of them are noticed depends on the parity of the dimension. The solver is not concerned,
# it sees a semidefinite constraint. This package evaluates designs by its own proof,
# `explore_theory.certify.leverage`.
#
# Run: sh findings/cvxpy-log-det.sh       Exit code 0: as described; 1: it has changed.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check cvxpy==1.9.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import cvxpy as cp
import numpy as np

print(f"CVXPY {cp.__version__}, NumPy {np.__version__}")
odd = True
for name, diagonal, seen in (
    ("the identity", [1, 1], 0.0),
    ("singular", [1, 0], -np.inf),
    ("one negative eigenvalue", [1, -1], -np.inf),
    ("minus the identity", [-1, -1], 0.0),
    ("two negative eigenvalues of three", [-2, -2, 1], np.log(4)),
    ("three of three", [-1, -1, -1], -np.inf),
):
    found = float(cp.log_det(np.diag(np.array(diagonal, dtype=float))).value)
    expected = float(np.sum(np.log(diagonal))) if min(diagonal) > 0 else -np.inf
    print(f"{name}, diagonal {diagonal}: {found:.6g}, expected {expected:.6g}")
    odd &= bool(np.isclose(found, seen))
A = cp.Variable((2, 2), symmetric=True)
value = cp.log_det(A)
A.value = -np.eye(2)
left = float(value.value)
A.value = np.zeros((2, 2))
print(f"of a variable: {left:.6g} at -I, {float(value.value):.6g} halfway to I")
odd &= left == 0 and value.value == -np.inf
print("as described" if odd else "CHANGED: log_det no longer has these values")
sys.exit(0 if odd else 1)
PYTHON
