"""Learners that hold arrays, honest and not; see the test beside."""

import numpy as np

from explore_theory.oracles import Norm
from explore_theory.policies import BestOf, Softmax


class Finds:
    vectorised = True

    def __init__(self, calls):
        self.calls = calls

    def run(self, oracle):
        found = oracle.search(oracle.prompt(), Norm() > 0, self.calls)
        return Softmax(found.features)


class Pools(Finds):
    """Every replicate gets the mean of what all have found."""

    def run(self, oracle):
        theta = super().run(oracle).theta
        return Softmax(np.broadcast_to(theta.mean(axis=0), theta.shape))


class OneByOne(Finds):
    vectorised = False


class TooLong(Finds):
    def run(self, oracle):
        return Softmax(super().run(oracle).theta * 3)


class Dear(Finds):
    def run(self, oracle):
        return BestOf(super().run(oracle).theta, self.calls + 2)


class OneTooMany(Finds):
    """Two draws for an output, where one call was kept."""

    def run(self, oracle):
        return BestOf(super().run(oracle).theta, 2)


class Raises(Finds):
    def run(self, oracle):
        raise ValueError("no\nidea")
