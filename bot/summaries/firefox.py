"""Firefox's translation models, run on this machine: Chinese without a key, labelled as machine translation.

`sudi models pull zh` puts a model into MODELS_FOLDER, from Mozilla's list or a mirror of it; nothing is fetched
unless somebody asks for it, and every file must have the hash that the list, or MODELS_HASHES, names.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2 as httpx

from bot.bodies import answer_to
from bot.errors import MakerError, MaskError, SettingsError
from bot.model import Language
from bot.pacing import Reserve
from bot.settings import Settings
from bot.summaries import Answer, Job, TextField, Usage
from bot.summaries import prompt as prompts
from bot.summaries.extract import one_line
from bot.text.chinese import typeset
from bot.text.masking import Masked, mask

HOW = "pip install 'sudi[firefox]' && sudi models pull zh"

_FILES = ("model", "vocab", "srcvocab", "trgvocab")
"""Kinds of files in the list; shortlists are left out: that for Chinese is broken
(https://github.com/mozilla/firefox-translations-models/pull/184)."""

_BEST = ("base-memory", "base", "tiny")
_LARGEST = 200_000_000  # bytes of one file
_SOURCE = "en"


class Firefox:
    """One model on this machine; one text at a time, beside the event loop."""

    name = "mt:firefox"
    prompt = "1"
    learns = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine: Any = None
        self._thread = ThreadPoolExecutor(1, "firefox")  # the engine lives and dies on the thread that made it

    def makes(self, field: TextField) -> bool:
        """It translates; it does not write English."""
        return field.language is Language.ZH

    def share_rate_limits(self, reserve: Reserve) -> None:
        """It has none."""

    def worst(self, job: Job) -> Usage:
        """Nothing but time."""
        return Usage()

    async def make(self, job: Job, reason: str = "") -> Answer:
        """Translate title and abstract, and the sentence of the abstract that says what is new."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._made, job)

    async def close(self) -> None:
        """Let go of the model."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._forget)
        self._thread.shutdown(wait=False)

    def _made(self, job: Job) -> Answer:
        paper = prompts.original(job.paper)
        sources = {
            TextField.TITLE: paper.title,
            TextField.ABSTRACT: paper.abstract,
            TextField.ONE_LINE: mask(one_line(job.paper)),
        }
        texts: dict[TextField, str] = {}
        faults: dict[TextField, str] = {}
        for field in job.fields:
            try:
                texts[field] = self._translated(sources[field])
            except MaskError as error:
                faults[field] = str(error)
        return Answer(texts, Usage(), faults)

    def _translated(self, source: Masked) -> str:
        if self._engine is None:
            self._engine = _engine(self._folder)
        return typeset(source.restored(" ".join(self._engine.translate_long(source.text).split())))

    def _forget(self) -> None:
        self._engine = None


def folder(settings: Settings, target: str = "zh") -> Path:
    """Where the model for a language is kept."""
    return Path(settings.models_folder) / f"{_SOURCE}-{target}"


def is_there(where: Path) -> bool:
    """Whether a whole model has been pulled: its files are checked when it is, and written down last."""
    return (where / "files.json").is_file()


async def pull(
    settings: Settings, target: str, said: Callable[[str], None], transport: httpx.AsyncBaseTransport | None = None
) -> Path:
    """Fetch the model from English into a language. SettingsError says what could not be had."""
    discovery = _library().discovery
    where = folder(settings, target)
    async with httpx.AsyncClient(timeout=60, follow_redirects=True, transport=transport) as client:
        records = _records(discovery.parse_records((await _got(client, settings.models_url)).decode()), target)
        where.mkdir(parents=True, exist_ok=True)
        kept: dict[str, str] = {}
        for record in records:
            packed = await _got(client, urljoin(settings.models_files_url.rstrip("/") + "/", record["location"]))
            try:
                body = discovery.verify_and_decompress(packed, record["decompressedHash"])
            except ValueError as error:
                raise SettingsError([f"MODELS_FILES_URL: {record['name']} is damaged: {error}"]) from error
            digest = hashlib.sha256(body).hexdigest()
            if settings.models_hashes and digest not in settings.models_hashes:
                raise SettingsError(
                    [f"MODELS_HASHES: {record['name']} has the SHA-256 {digest}, which is not there"]
                )
            await asyncio.to_thread((where / Path(record["name"]).name).write_bytes, body)
            kept[record["fileType"]] = Path(record["name"]).name
            said(f"{record['name']}: {len(body) / 1e6:.1f} MB, SHA-256 {digest}")
    await asyncio.to_thread((where / "files.json").write_text, json.dumps(kept), "utf-8")
    return where


def _records(found: list[dict[str, Any]], target: str) -> list[dict[str, Any]]:
    """The files of the best and newest model for a language."""
    mine = [
        one
        for one in found
        if (one["sourceLanguage"], one["targetLanguage"]) == (_SOURCE, target) and one["fileType"] in _FILES
    ]
    models = [one for one in mine if one["fileType"] == "model"]
    if not models:
        raise SettingsError([f"MODELS_URL: the list has no model from {_SOURCE} to {target}"])
    best = max(models, key=lambda one: (-_place(one["architecture"]), _version(one["version"])))
    chosen = [
        one for one in mine if (one["architecture"], one["version"]) == (best["architecture"], best["version"])
    ]
    return list({one["fileType"]: one for one in chosen}.values())


def _place(architecture: str | None) -> int:
    return _BEST.index(architecture) if architecture in _BEST else len(_BEST)


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


async def _got(client: httpx.AsyncClient, url: str) -> bytes:
    try:
        response = await answer_to(client, "GET", url, most=_LARGEST)
        response.raise_for_status()
    except httpx.HTTPError as error:
        raise SettingsError([f"{url}: cannot be fetched ({error or type(error).__name__})"]) from error
    return response.content


def _engine(where: Path) -> Any:
    """The engine with the files of a folder."""
    try:
        kept: Mapping[str, str] = json.loads((where / "files.json").read_text("utf-8"))
        files = {kind: (where / name).read_bytes() for kind, name in kept.items()}
        source = files.get("srcvocab") or files["vocab"]
        return _library().Translator(files["model"], source, files.get("trgvocab") or source)
    except (OSError, ValueError, KeyError) as error:
        raise MakerError(f"the model in {where} cannot be used ({error}): {HOW}") from error


def _library() -> Any:
    try:
        return importlib.import_module("fxtranslate")
    except ModuleNotFoundError as error:
        raise SettingsError(
            ["Firefox's models need the library fxtranslate: pip install 'sudi[firefox]'"]
        ) from error
