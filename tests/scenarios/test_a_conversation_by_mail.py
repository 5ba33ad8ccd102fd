"""The conversation recorded for Slack, held by mail through postfix and dovecot: the same replies and rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.channels import Invocation
from bot.commands import SPECS
from bot.store import schema
from bot.text.harmless import harmless
from tests.channels.email.writing import ADA, Post, post, running, text, token
from tests.channels.slack.test_conversation import SCRIPT, announced, destinations
from tests.fakes import rows

CHANGING = {name for spec in SPECS if spec.is_change for name in spec.name.names}


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Post]:
    with post(tmp_path_factory.mktemp("post")) as one:
        yield one


async def test_by_mail_the_replies_and_rows_are_those_of_the_console(
    opened: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SSL_CERT_FILE", str(opened.authorities))
    async with running(opened, tmp_path) as (app, clock):
        await announced(app)
        for line in (one for one in SCRIPT if not one.startswith("email")):  # a mailbox is linked from elsewhere
            expected = await app.answer(Invocation("console", "me", "me", line))
            before = (await destinations(app))[1:]
            answer = await opened.answered(opened.write(line))
            assert bool(token(answer)) == (line.split()[0] in CHANGING and line != "subscribe (("), line
            if token(answer):
                assert line in text(answer)
                assert (await destinations(app))[1:] == before
                answer = await opened.answered(opened.answer(answer, "yes"))
            assert text(answer).startswith(harmless(expected.text)), line
            files = {one.get_filename(): one.get_content() for one in answer.iter_attachments()}
            wanted = {expected.attachment.name: expected.attachment.text} if expected.attachment else {}
            assert files == wanted, line
            clock.forward(minutes=15)
        console, mailbox = await destinations(app)
        assert mailbox == console
        (_, destination) = await rows(app.store, schema.destination)
        assert (destination.channel, destination.address) == ("email", ADA)
