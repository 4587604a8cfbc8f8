"""Which version of the package this is, where it lies, and when this process began to load it."""

import time
from pathlib import Path

VERSION = "0.2.0"
FOLDER = Path(__file__).parent
#: Seconds since the epoch. A file that was written later may not hold what this process has loaded.
LOADED = time.time()
