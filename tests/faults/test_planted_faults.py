"""Every planted fault is noticed, by each of those who must notice it."""

import pytest
from plant import Copy, load, observe

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    return Copy(tmp_path_factory.mktemp("planted"))


@pytest.mark.parametrize("fault", load(), ids=lambda fault: fault.name)
def test_a_planted_fault_is_noticed(fault, copy):
    seen = observe(copy, fault, fault.noticed)
    blind = {
        entry: f"{sight.kind}: {sight.words}" for entry, sight in seen.items() if sight.kind != "noticed"
    }
    assert not blind, f"{fault.why}, and nobody noticed"


def test_without_a_fault_nobody_complains(copy):
    entries = list(dict.fromkeys(fault.noticed[0] for fault in load()))[:3]
    assert {sight.kind for sight in observe(copy, None, entries).values()} == {"quiet"}
