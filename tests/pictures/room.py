"""The reading room with the day of the demo: on a desk in the light, and on a phone in the dark, in Chinese."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bot.demo import HOST, PORT
from tests.counterparts import browser as looked_at

DAY = f"http://{HOST}:{PORT}/papers/2026-06-10"
_PATIENCE = 60.0  # seconds
_PAIR = """<!DOCTYPE html><meta charset="utf-8"><style>
body { margin: 0; padding: 24px; background: #dfe4ea; display: flex; gap: 24px; align-items: flex-start; }
</style><img src="desk-760-light.png" width="760"><img src="phone-390-dark.png" width="390">"""


@contextmanager
def served(folder: Path) -> Iterator[None]:
    """The demo, which serves its room from a folder."""
    command = [sys.executable, "-m", "bot", "demo", "--serve", "--fresh"]
    running = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            with suppress(OSError), urllib.request.urlopen(DAY):  # ours
                break
            time.sleep(0.5)
        yield
    finally:
        running.terminate()
        running.wait()


def shoot(folder: Path, browser: Sequence[str], picture: Path) -> None:
    """Write a picture of one day, both ways, beside one another."""
    pages = {"desk": f"{DAY}?lang=both&q=attention", "phone": f"{DAY}?lang=zh"}
    with served(folder):
        looked_at.faults(pages, widths=(390, 760), pictures=folder)
    pair = folder / "room.html"
    pair.write_text(_PAIR)
    command = [*browser, "--window-size=1222,948", f"--screenshot={picture}", pair.resolve().as_uri()]
    subprocess.run(command, check=True, capture_output=True)
