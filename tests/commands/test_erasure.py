"""forget: a person is erased, after a question; what was set up for others stays."""

from __future__ import annotations

from bot.store import schema
from tests.commands.conftest import Conversation
from tests.fakes import MORNING, rows


async def test_it_is_asked_first_what_goes_and_what_stays(talk: Conversation):
    await talk.says("subscribe cs.LG", destination="alice")
    await talk.says("subscribe cs.CL")
    text = await talk.says("forget", destination="alice")
    assert "I know you as console alice, with 1 subscription" in text
    assert "1 shared place that you set up stays" in text
    assert "type: forget yes" in text
    assert len(await rows(talk.store, schema.subscription)) == 2


async def test_nothing_of_a_person_is_left_in_any_table(talk: Conversation):
    await talk.says("subscribe cs.LG", destination="alice")
    await talk.says("mute survey", destination="alice")
    await talk.says("subscribe cs.CL")
    await talk.says("subscribe hep-th", destination="bob", sender="bob")
    async with talk.store.write() as tx:
        await tx.subscribers.link(("email", "alice@reader.test"), ("console", "alice"), MORNING)
        for person in ("alice", "bob"):
            values = {"channel": "console", "person": person, "conversation": f"D-{person}"}
            await tx.connection.execute(schema.conversation.insert().values(values))
    assert "email alice@reader.test" in await talk.says("forget", destination="alice")
    said = await talk.says("forget yes", destination="alice")
    assert said.startswith("Erased: all that I knew of console alice, email alice@reader.test.")
    for table in schema.metadata.sorted_tables:
        assert "alice" not in str(await rows(talk.store, table)), table.name
    assert await talk.queries("bob") == ["hep-th"]
    assert await talk.queries() == ["cs.CL"], "what she has set up for others stays"
    assert len(await rows(talk.store, schema.conversation)) == 1


async def test_it_is_not_done_before_others(talk: Conversation):
    assert "as a direct message" in await talk.says("forget yes")
