"""What a paper takes from a store: figures, tables, numbers as LaTeX macros, an appendix of one page."""
