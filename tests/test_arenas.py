"""The pools of memory of a process."""

from __future__ import annotations

import platform
import re
import subprocess
import sys

import pytest

_SCRIPT = """
import ctypes, threading
from bot import arenas
assert arenas.share()
barrier = threading.Barrier(6)
def work():
    some = bytearray(10_000)
    barrier.wait(20)
threads = [threading.Thread(target=work) for _ in range(6)]
for one in threads: one.start()
for one in threads: one.join()
library = ctypes.CDLL(None)
library.malloc_info(0, ctypes.c_void_p.in_dll(library, "stdout"))
library.fflush(None)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries have one pool, or none to tell of")
def test_the_threads_of_a_process_share_two_pools_of_memory():
    told = subprocess.run([sys.executable, "-c", _SCRIPT], check=True, capture_output=True, text=True).stdout
    assert 1 <= len(re.findall("<heap nr", told)) <= 2
