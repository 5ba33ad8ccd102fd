"""The servers of others that tests start."""

import subprocess
import sys
from pathlib import Path

from tests import PATIENCE

OWNER = """
import subprocess, time
from tests.counterparts.processes import leashed
with leashed(subprocess.Popen(["sleep", "600"]).pid):
    print("started", flush=True)
    time.sleep(600)
"""


def test_a_server_ends_with_the_process_that_started_it_even_when_that_is_killed():
    root = Path(__file__).parents[1]
    with subprocess.Popen([sys.executable, "-c", OWNER], cwd=root, stdout=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"started\n"
        owner.kill()
        assert owner.communicate(timeout=PATIENCE) == (b"", None), "the server held it open, too"
