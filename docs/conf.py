"""How the site is built: ``python -m sphinx -W --keep-going -b html docs SITE`` (see decision 0024)."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
# The code that is documented is the one beside these pages.
sys.path.insert(0, str(HERE.parent))
sys.path.insert(0, str(HERE / "_site"))

from pygments.lexers.data import JsonLexer  # noqa: E402
from pygments.lexers.special import TextLexer  # noqa: E402
from sphinx.highlighting import lexers  # noqa: E402

from explore_theory import __version__  # noqa: E402

# Forms of problems that Pygments does not know by these names.
lexers |= {"jsonl": JsonLexer(), "dimacs": TextLexer(), "formula": TextLexer()}

project = "explore-theory"
author = copyright = "the authors of explore-theory"
release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "formulas",
    "docstrings",
]
exclude_patterns = ["_site"]
source_suffix = {".md": "markdown"}

# Pages are read on GitHub too: links are relative paths to files, anchors those it makes of headings.
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"

autodoc_member_order = "bysource"
autodoc_typehints = "none"
autodoc_preserve_defaults = True
napoleon_google_docstring = False
napoleon_use_rtype = False
# `name` in a docstring is code.
default_role = "code"

html_theme = "furo"
html_title = f"explore-theory {release}"
html_static_path = ["_site/static"]
html_css_files = ["site.css"]
html_copy_source = html_show_sourcelink = html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
