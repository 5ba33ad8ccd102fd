"""A hundredth of `tests.bench fuzz`, and the worst of `tests.bench memory`; mails are in `channels/email`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.bench.fuzz import COUNTS, KINDS, requests, tried
from tests.bench.memory import PEAK

WORST = ["a page of links", "an answer of lists", "a body without an end", "a bomb"]


@pytest.mark.parametrize("name", sorted(KINDS.keys() - {"mails"}))
def test_whatever_is_said_comes_to_an_answer_a_fault_or_one_clear_error(name):
    assert tried(name, COUNTS[name] // 100, KINDS[name]).faults == []


async def test_no_request_brings_a_fault_of_ours_or_a_traceback():
    assert (await requests(COUNTS["requests"] // 100)).faults == []


@pytest.mark.skipif(not PEAK.exists(), reason="only Linux says how much memory a process had at the most")
def test_nothing_that_is_read_from_outside_takes_much_memory():
    command = [sys.executable, "-m", "tests.bench.memory", *WORST]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
