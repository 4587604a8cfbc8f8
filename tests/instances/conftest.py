"""Problems as they are brought: bytes in a file."""

import json

import pytest

from explore_theory import load


@pytest.fixture
def brought(tmp_path):
    """Loads a document, or text, or bytes, from a file."""

    def bring(content, name="file"):
        data = json.dumps(content).encode() if isinstance(content, dict) else content
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return load(path)

    return bring
