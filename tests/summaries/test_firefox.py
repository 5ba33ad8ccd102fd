"""Firefox's models on this machine: the real engine, with the real English-Portuguese model."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import httpx2 as httpx
import pytest

from bot.errors import MakerError, SettingsError
from bot.settings import Settings
from bot.summaries import Job, TextField, firefox
from tests.counterparts import models
from tests.counterparts.needed import need
from tests.fakes import paper

pytest.importorskip("fxtranslate")

PAPER = paper(
    1,
    title="Sparse Attention",
    abstract="We propose a method of cost $O(n^2)$ on 3 data sets. The code is at https://example.org/code.",
)


@pytest.fixture
def files() -> dict[str, Path]:
    need("the models", models.missing())
    return models.portuguese()


def packed(body: bytes) -> bytes:
    """The body as a zstd frame of raw blocks: no library is needed to write that."""
    blocks = [body[start : start + 100_000] for start in range(0, len(body), 100_000)]
    headers = [
        (len(block) << 3 | (number == len(blocks) - 1)).to_bytes(3, "little")
        for number, block in enumerate(blocks)
    ]
    frame = b"\x28\xb5\x2f\xfd" + bytes([0b10100000]) + len(body).to_bytes(4, "little")
    return frame + b"".join(header + block for header, block in zip(headers, blocks, strict=True))


def mirror(files: dict[str, Path], *, damaged: bool = False) -> httpx.MockTransport:
    """A mirror of Mozilla's list and of the files in it."""
    bodies = {kind: path.read_bytes() for kind, path in files.items()}
    records = [
        {
            "name": files[kind].name,
            "fileType": kind,
            "sourceLanguage": "en",
            "targetLanguage": "pt",
            "version": "2.0",
            "architecture": "tiny",
            "decompressedHash": hashlib.sha256(body).hexdigest(),
            "attachment": {
                "location": f"models/{kind}.zst",
                "hash": "x",
                "size": len(body),
                "filename": kind,
                "mimetype": "",
            },
        }
        for kind, body in bodies.items()
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/records":
            return httpx.Response(200, json={"data": records})
        kind = Path(request.url.path).stem
        body = bodies[kind][:-1] + b"x" if damaged else bodies[kind]
        return httpx.Response(200, content=packed(body))

    return httpx.MockTransport(answer)


def settings(folder: Path, **more) -> Settings:
    urls = {"models_url": "https://mirror.test/records", "models_files_url": "https://mirror.test/files"}
    return Settings(_env_file=None, models_folder=str(folder), **urls, **more)


async def test_a_model_is_fetched_checked_and_translates_with_formulas_and_links_untouched(files, tmp_path):
    said: list[str] = []
    where = await firefox.pull(settings(tmp_path), "pt", said.append, mirror(files))
    assert len(said) == 2
    assert firefox.is_there(where)
    one = firefox.Firefox(where)
    answer = await one.make(Job(PAPER, (TextField.TITLE, TextField.ABSTRACT)))
    await one.close()
    assert answer.faults == {}
    assert "Atenção" in answer.texts[TextField.TITLE]
    assert "$O(n^2)$" in answer.texts[TextField.ABSTRACT]
    assert "https://example.org/code" in answer.texts[TextField.ABSTRACT]
    assert "método" in answer.texts[TextField.ABSTRACT]


async def test_a_damaged_file_or_another_hash_than_the_pinned_one_is_refused_and_there_is_no_model(
    files, tmp_path
):
    with pytest.raises(SettingsError, match="damaged"):
        await firefox.pull(settings(tmp_path), "pt", lambda _line: None, mirror(files, damaged=True))
    with pytest.raises(SettingsError, match="MODELS_HASHES"):
        await firefox.pull(settings(tmp_path, models_hashes=("0" * 64,)), "pt", lambda _line: None, mirror(files))
    assert not firefox.is_there(firefox.folder(settings(tmp_path), "pt"))


async def test_a_language_without_a_model_and_a_mirror_that_is_away_are_told(files, tmp_path):
    with pytest.raises(SettingsError, match="no model from en to xx"):
        await firefox.pull(settings(tmp_path), "xx", lambda _line: None, mirror(files))
    away = httpx.MockTransport(lambda _request: httpx.Response(404))
    with pytest.raises(SettingsError, match="cannot be fetched"):
        await firefox.pull(settings(tmp_path), "pt", lambda _line: None, away)


async def test_a_broken_model_is_an_error_that_says_what_to_do(files, tmp_path):
    shutil.copy(files["vocab"], tmp_path / "vocab")
    (tmp_path / "model").write_bytes(b"no model")
    (tmp_path / "files.json").write_text(json.dumps({"model": "model", "vocab": "vocab"}), "utf-8")
    one = firefox.Firefox(tmp_path)
    with pytest.raises(MakerError, match="sudi models pull zh"):
        await one.make(Job(PAPER, (TextField.TITLE,)))
    await one.close()
