"""The libraries of language models, imported when they are used; one line where they are missing."""

import importlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from explore_theory.errors import MissingLibrary

EXTRA = "pip install 'explore-theory[lm]'"


def library(name: str) -> Any:
    """The module `name`, of torch, transformers, tokenizers or safetensors.

    Raises
    ------
    MissingLibrary
        If it is not there, or cannot be imported.
    """
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError:
        raise MissingLibrary(f"{name} must be installed to run a language model, got none; {EXTRA}") from None
    except ImportError as error:
        why = " ".join(str(error).split())
        raise MissingLibrary(f"{name} must be such that Python can import it, got: {why:.200}") from None


@contextmanager
def quiet() -> Iterator[None]:
    """Without what the libraries say by the way: what matters of it is looked at, and said by us."""
    logger = logging.getLogger("transformers")
    level = logger.level
    bars = library("transformers.utils.logging")
    shown = bars.is_progress_bar_enabled()
    logger.setLevel(logging.CRITICAL)
    bars.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
        if shown:
            bars.enable_progress_bar()
