"""Formulas as MathML, which browsers set by themselves: no script, no font and nothing from elsewhere."""

from sphinx.application import Sphinx

from explore_theory.reporting.page.formulas import converted


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer ``mathml``."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def mathml(latex: str, display: str) -> str:
    """`latex` as MathML.

    Raises
    ------
    ValueError
        If a command is left over: the page would show it as it is written.
    """
    found = converted(latex, display)
    if "\\" in found:
        raise ValueError(f"a formula must be made of what MathML is made of here, got {latex!r}")
    return found


def _inline(translator, node) -> None:
    translator.body.append(mathml(node.astext(), "inline"))
    raise _skip()


def _block(translator, node) -> None:
    found = mathml(node.astext(), "block")
    translator.body.append(f'<div class="formula" tabindex="0">{found}</div>')
    raise _skip()


def _skip() -> Exception:
    from docutils.nodes import SkipNode

    return SkipNode()
