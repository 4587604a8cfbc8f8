"""What of LG3 is proved: the identity behind the step, and the constant of the paper's form."""

from collections.abc import Sequence
from fractions import Fraction

from explore_theory.harness import Measurement, Trial

#: The constant of the paper's form, for ``delta <= 1/2``.
CONSTANT = 6.7


def identity(_: Trial, *, shift: int = 1) -> Measurement:
    """``<D, S>`` over ``|D|^2_Sigma + mu (|theta|^2 - |theta*|^2 + |D|^2)/2``, in two dimensions.

    ``S = Sigma D + mu theta`` is stationarity. Symbols are positive, the two sides polynomials: they agree
    everywhere. The false variant multiplies the term of ``mu`` by `shift`.
    """
    import sympy as sp

    from explore_theory.certify import symbolic

    theta, truth, entries = (symbolic.weights(letter, 2 + (letter == "s")) for letter in "tus")
    mu = sp.Symbol("mu", positive=True)
    sigma = sp.Matrix([[entries[0], entries[1]], [entries[1], entries[2]]])
    error = sp.Matrix(theta) - sp.Matrix(truth)
    noise = sigma * error + mu * sp.Matrix(theta)
    lengths = sum(a**2 - b**2 for a, b in zip(theta, truth, strict=True)) + error.dot(error)
    right = (error.T * sigma * error)[0] + sp.Rational(shift, 2) * mu * lengths
    return symbolic.ratio(sp.expand(error.dot(noise)), sp.expand(right))


def largest_constant(_: Trial, *, constant: float = CONSTANT, least: int | Fraction = 2) -> Measurement:
    """The largest ``(g/2 + sqrt(g^2/4 + 4))^2 / (log 2 + s)`` over the constant, over ``s >= log least``.

    ``g^2 = log 5 + 2 s``. In the coordinate ``w = 1/s``, where infinity is a point, it is ``(sqrt(q)/2 +
    sqrt(q/4 + 4 w))^2 / (1 + w log 2)`` with ``q = 2 + w log 5``. False variants have another constant, or
    begin at a larger ``delta``.
    """
    from explore_theory.certify.balls import ball
    from explore_theory.certify.boxes import largest_ratio
    from explore_theory.certify.jets import Jet

    def root(value: Jet) -> Jet:
        return (value.log() / 2).exp()

    def log_ratio(x: Sequence[Jet]) -> Jet:
        q = x[0] * ball(5).log() + 2
        whole = root(q) / 2 + root(q / 4 + x[0] * 4)
        value: Jet = whole.log() * 2 - (x[0] * ball(2).log()).log1p() - ball(constant).log()
        return value

    return largest_ratio(log_ratio, {"1/s": (0.0, 1 / ball(least).log())})
