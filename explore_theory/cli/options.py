"""Options that several commands have, and their defaults."""

import click

DEFAULT_STORE = "explore-theory.sqlite"
DEFAULT_OUT = "reports"
#: Each worker is a process with all libraries in it.
MOST_JOBS = 256

claims_option = click.option(
    "--claims",
    multiple=True,
    metavar="PATH",
    help="Package, folder or file of claims (repeatable; default: all installed).",
)
store_option = click.option(
    "--store", default=DEFAULT_STORE, show_default=True, metavar="FILE", help="The result store."
)
