"""One recorded conversation, typed at the console and given on Discord: the same rows and the same replies."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import discord
import pytest
import simcord

from bot.channels.discord import answers
from bot.channels.discord.supervisor import Gateway
from bot.commands import SPECS, Commands
from bot.locale import say
from bot.model import Language
from bot.store import Store, saved, schema
from bot.store.migrate import migrate
from tests.commands.conftest import DEFAULTS, LISTINGS, Conversation
from tests.fakes import rows

CONVERSATION: tuple[tuple[str, dict[str, str]], ...] = (
    ("help", {"command": "subscribe"}),
    ("status", {}),
    ("list", {}),
    ("subscribe", {"query": 'cs.LG "kv cache"'}),
    ("subscribe", {"query": 'cs.LG "kv cache"'}),
    ("subscribe", {"query": "hep-th，axion*"}),
    ("subscribe", {"query": "cs.XX tide"}),
    ("subscribe", {"query": "“unclosed"}),
    ("subscribe", {"query": "@everyone [x](http://evil.test)"}),
    ("preview", {"query": "注意力"}),
    ("list", {}),
    ("mute", {"query": "au:Greaves"}),
    ("mute", {}),
    ("unmute", {"query": "au:greaves"}),
    ("pause", {"subscription": "2"}),
    ("resume", {"subscription": "2"}),
    ("pause", {}),
    ("resume", {}),
    ("language", {"choice": "zh"}),
    ("time", {"clock": "9:30", "zone": "北京"}),
    ("time", {"clock": "25:00"}),
    ("days", {"choice": "daily"}),
    ("limit", {"count": "5"}),
    ("limit", {"count": "many"}),
    ("notices", {"choice": "always"}),
    ("today", {}),
    ("today", {"date": "2026-06-10", "page": "1"}),
    ("show", {"paper": "2606.90001"}),
    ("show", {"paper": "nothing"}),
    ("why", {"paper": "2606.90004v1"}),
    ("save", {"paper": "2606.90001"}),
    ("save", {"paper": "2606.90004"}),
    ("save", {"paper": "2606.90001"}),
    ("saved", {}),
    ("saved", {"query": "hep-th"}),
    ("cite", {"paper": "2606.90001"}),
    ("cite", {"paper": "saved"}),
    ("cite", {"paper": "saved", "query": "hep-th"}),
    ("unsave", {"paper": "2606.90004"}),
    ("unsave", {"paper": "2606.90004"}),
    ("follow", {"paper": "2606.90001"}),
    ("follow", {"paper": "2606.90001", "author": "2"}),
    ("follow", {"paper": "2606.90001", "author": "nobody"}),
    ("sample", {}),
    ("now", {}),
    ("unsubscribe", {"subscription": "3"}),
    ("unsubscribe", {"subscription": "hep-th, axion*"}),
    ("unsubscribe", {"subscription": "7"}),
    ("mute", {"query": "tide"}),
    ("unmute", {"query": "tide"}),
    ("email", {"mailbox": "ada@reader.test"}),
    ("status", {}),
)

DONE = {say("discord.done", language) for language in ("en", "zh")}
PERSONAL = {spec.name for spec in SPECS if spec.is_personal}


@pytest.fixture
async def twin(tmp_path: Path) -> AsyncIterator[Store]:
    """Another store, for what is typed at the console."""
    store = Store.open(f"sqlite:///{tmp_path / 'console.db'}")
    await migrate(store)
    yield store
    await store.close()


@pytest.fixture
def simcord_bot(sqlite_store: Store) -> Gateway:
    return Gateway(
        Commands(sqlite_store, DEFAULTS, lambda: Conversation(sqlite_store).now), "thread", shard_count=1
    )


@pytest.mark.parametrize("language", [Language.EN, Language.ZH])
@pytest.mark.parametrize("group", ["papers", "my"])
async def test_discord_answers_as_the_console_does(
    simcord_env: simcord.Env,
    sqlite_store: Store,
    twin: Store,
    monkeypatch: pytest.MonkeyPatch,
    language: Language,
    group: str,
):
    console, typed = Conversation(twin), Conversation(sqlite_store)
    await console.announce(*LISTINGS)
    await typed.announce(*LISTINGS)
    lab = simcord_env.create_guild("Tide Lab")
    channel = lab.create_text_channel("papers")
    role = lab.create_role("Managers", permissions=discord.Permissions(manage_channels=True))
    alice = lab.add_member(simcord_env.create_user("alice"), roles=[role])
    monkeypatch.setattr(answers, "locale", lambda _interaction: language)  # simcord's clients are all American
    for verb, given in CONVERSATION:
        said = await console.says(" ".join([verb, *given.values()]), language=language)
        result = await alice.slash(channel, f"{'library' if verb in PERSONAL else group} {verb}", **given)
        assert result.response is not None
        assert result.response.ephemeral
        assert _read(result) == said, (verb, given)
    for table in (schema.subscription, schema.slot, saved.saved):
        assert await _values(sqlite_store, table) == await _values(twin, table)
    (destination,) = await rows(sqlite_store, schema.destination)
    assert (destination.channel, destination.language, destination.paused) == ("discord", "zh", "")
    assert destination.address == (str(channel.id) if group == "papers" else f"@{alice.id}")


def _read(result: Any) -> str:
    """What the person reads, what all can read first; without bold, backslashes and cards."""
    every = [one for one in (result.response, *result.followups) if one.content]
    public = [one.content.partition(": ")[2] for one in every if not one.ephemeral]
    private = [one.content for one in every if one.ephemeral and one.content not in DONE]
    text = "\n".join([*public, *private]).replace("**", "")
    return text.replace("\\\\", "\0").replace("\\", "").replace("\0", "\\")


async def _values(store: Store, table: Any) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in await rows(store, table)]


def test_the_conversation_has_every_verb():
    assert {verb for verb, _ in CONVERSATION} | {"edit", "forget"} == {one.name for one in SPECS}
