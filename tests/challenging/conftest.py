"""The learners that cheat are a module for those tests that hold one in hand."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
