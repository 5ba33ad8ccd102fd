"""What the tests talk to and a machine may lack."""

import os
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[3] / "shared" / "samples"
"""Real captures that are kept beside the repository, where there are any: they are not ours to ship."""


def need(name: str, why: str | None) -> None:
    """Skip the test where a counterpart is missing; fail where a green run must not hide that."""
    if why is None:
        return
    if os.environ.get("REQUIRE_COUNTERPARTS"):
        pytest.fail(f"missing counterpart: {name}: {why}")
    pytest.skip(f"missing counterpart: {name}: {why}")
