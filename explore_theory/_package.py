"""Which version of the package this is, and where it lies."""

from pathlib import Path

VERSION = "0.1.0"
FOLDER = Path(__file__).parent
