"""Policies as data, so that exact evaluation can run them on a problem's atoms."""

from explore_theory.policies.families import (
    Base,
    BestOf,
    LawPolicy,
    Mixture,
    PointMass,
    Softmax,
    Tabular,
    all_named,
)

__all__ = ["Base", "BestOf", "LawPolicy", "Mixture", "PointMass", "Softmax", "Tabular", "all_named"]
