"""Formulas in disjunctive normal form: terms and clauses, plantings, text files, exact optima."""

from explore_theory.formulas.clauses import Clauses
from explore_theory.formulas.conjunctions import Conjunctions
from explore_theory.formulas.copies import Copies
from explore_theory.formulas.enumeration import small_formulas
from explore_theory.formulas.files import load, save
from explore_theory.formulas.formula import Formula, Terms
from explore_theory.formulas.milp import optimum
from explore_theory.formulas.mixed import MixedFormula
from explore_theory.formulas.optimum import Optimum, best_assignment, counts, exact_optimum
from explore_theory.formulas.planted import PLANTINGS, code_of, majority_vote, planted_formula, random_formula
from explore_theory.formulas.predicates import Predicate, PredicateFormula, hadamard_predicate
from explore_theory.formulas.repetition import largest_value, repeated
from explore_theory.formulas.text import dump, parse, parse_any

__all__ = [
    "PLANTINGS",
    "Clauses",
    "Conjunctions",
    "Copies",
    "Formula",
    "MixedFormula",
    "Optimum",
    "Predicate",
    "PredicateFormula",
    "Terms",
    "best_assignment",
    "code_of",
    "counts",
    "dump",
    "exact_optimum",
    "hadamard_predicate",
    "largest_value",
    "load",
    "majority_vote",
    "optimum",
    "parse",
    "parse_any",
    "planted_formula",
    "random_formula",
    "repeated",
    "save",
    "small_formulas",
]
