"""How well features realise ``Q_h``: the least maximal error of a linear fit to its differences.

Exact linear softmax needs ``Q_h(s, a) - Q_h(s, a') = <theta_h, phi_h(s, a) - phi_h(s, a')>`` (T3). Where no
``theta_h`` does that, the distance is Chebyshev's: a linear programme, solved by HiGHS.

Letters: `H` layers, `S` states, `A` tokens, `d` feature dimension, `P` pairs of tokens.
"""

import numpy as np

from explore_theory.foundation.chebyshev import chebyshev_fit
from explore_theory.problems.autoregressive.dynamics import optimum, reachable
from explore_theory.problems.autoregressive.layers import AutoregressiveProblem
from explore_theory.problems.protocol import Floats

__all__ = ["chebyshev_fit", "realisation_errors"]


def realisation_errors(problem: AutoregressiveProblem) -> Floats:
    """`[H]`: for each layer the least, over ``theta_h``, of the largest error of a difference of ``Q_h``.

    Over supported pairs of tokens of one reachable state; in units of reward; zero up to the solver's 1e-9 of
    the largest difference where features realise ``Q_h``.
    """
    errors = []
    layers = zip(problem.layers, optimum(problem).q, reachable(problem), strict=True)
    for layer, q, here in layers:
        first, second = np.triu_indices(layer.vocabulary, k=1)
        kept = layer.supported[:, first] & layer.supported[:, second] & here[:, None]
        x = (layer.features[:, first] - layer.features[:, second])[kept]
        errors.append(chebyshev_fit(x, (q[:, first] - q[:, second])[kept])[1])
    return np.array(errors)
