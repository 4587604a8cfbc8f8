"""``python -m explore_theory`` is the command line."""

from explore_theory.cli import main

if __name__ == "__main__":
    main(prog_name="explore-theory")
