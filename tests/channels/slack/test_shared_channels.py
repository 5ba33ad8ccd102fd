"""Channels that are shared with another workspace (Slack Connect, Enterprise Grid): whose destination it is, and
who may manage it.

The bodies are those of Slack's documents: the `team_id` at the top may be that of who acts.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from slack_sdk.signature import SignatureVerifier

from bot.app import App
from bot.store import schema
from tests.channels.slack.talk import answered, read, running, until
from tests.counterparts import local_slack
from tests.counterparts.needed import need
from tests.counterparts.processes import free_port
from tests.counterparts.slack_edge import ALICE, BOT, GUEST, ML, SECRET, TEAM, SlackEdge, edge
from tests.fakes import rows, subscribed

OTHER, SISTER, ORGANISATION = "T0OTHER", "T0SISTER", "E0ORG"


class Workplace:
    """A workspace with a shared channel, whose events come by a socket or by HTTP."""

    def __init__(self, slack: SlackEdge, app: App, listen: str) -> None:
        self.slack, self.app, self._listen = slack, app, listen

    async def happens(self, kind: str, **more: Any) -> None:
        """An event of the shared channel."""
        if not self._listen:
            await self.slack.happens(kind, **more)
            return
        await self._signed(json.dumps(self.slack.event(kind, **more)), "application/json")

    async def presses(self, user: str, team: str, value: str, organisation: str = "") -> None:
        """A button of the shared channel."""
        payload = self.slack.pressed(user, team, value, organisation)
        if not self._listen:
            await self.slack.interacts(payload)
            return
        await self._signed(urlencode({"payload": json.dumps(payload)}), "application/x-www-form-urlencoded")

    async def _signed(self, body: str, kind: str) -> None:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": kind,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": SignatureVerifier(SECRET).generate_signature(timestamp=stamp, body=body) or "",
        }
        url = f"http://{self._listen}/slack/events"
        async with aiohttp.ClientSession() as session, session.post(url, data=body, headers=headers) as answer:
            assert answer.status == 200


def last(workplace: Workplace) -> str:
    """What was answered last to a button."""
    return read(workplace.slack.answers[-1]) if workplace.slack.answers else ""


@pytest.fixture(params=["socket", "http"])
async def workplace(request, tmp_path) -> AsyncIterator[Workplace]:
    need("local-slack", local_slack.missing())
    listen = f"127.0.0.1:{free_port()}" if request.param == "http" else ""
    how = {"mode": "events", "requestUrl": f"http://{listen}/slack/events"} if listen else {}
    async with edge(**how) as slack, running(slack, tmp_path, listen=listen) as app:
        slack.people[GUEST] = {"is_stranger": True, "team_id": OTHER, "is_admin": True}
        yield Workplace(slack, app, listen)


async def test_a_stranger_may_change_nothing_and_makes_no_place_of_their_own(workplace):
    text = f"<@{BOT}> subscribe cs.LG tide"
    await workplace.happens("app_mention", team=OTHER, installed=TEAM, user=GUEST, channel=ML, text=text, ts="1.0")
    (said,) = await answered(workplace.slack, ML, 0)
    assert "Only people who manage" in read(said)
    assert await rows(workplace.app.store, schema.destination) == []


async def test_a_member_manages_the_place_in_our_workspace_whatever_the_body_names(workplace):
    text = f"<@{BOT}> subscribe cs.LG tide"
    await workplace.happens("app_mention", team=OTHER, installed=TEAM, user=ALICE, channel=ML, text=text, ts="1.0")
    await answered(workplace.slack, ML, 0, least=2)
    (destination,) = await rows(workplace.app.store, schema.destination)
    assert destination.address == f"{TEAM}/{ML}"


async def test_a_button_that_a_stranger_presses_is_one_of_our_place(workplace):
    await subscribed(workplace.app.store, channel="slack", address=f"{TEAM}/{ML}", owner=f"{TEAM}/{ALICE}")
    for command, said in (("list", "cs.LG"), ("pause 1", "Only people who manage")):
        await workplace.presses(GUEST, OTHER, command)
        await until(lambda said=said: said in last(workplace), said)


@pytest.mark.parametrize(("teams", "may"), [([TEAM, SISTER], True), ([SISTER], False)])
async def test_in_an_organisation_its_people_manage_where_they_are_members(workplace, teams, may):
    """On Enterprise Grid bodies and `users.info` may name the organisation or a sister of our workspace."""
    workplace.slack.people[GUEST] = {"team_id": SISTER, "enterprise_user": {"id": "W1", "teams": teams}}
    text = f"<@{BOT}> subscribe cs.LG tide"
    grid = {"team": SISTER, "installed": TEAM, "organisation": ORGANISATION}
    await workplace.happens("app_mention", **grid, user=GUEST, channel=ML, text=text, ts="1.0")
    await answered(workplace.slack, ML, 0, least=1 + may)
    assert [one.address for one in await rows(workplace.app.store, schema.destination)] == [f"{TEAM}/{ML}"] * may
    await workplace.presses(GUEST, SISTER, "pause 1", ORGANISATION)
    await until(lambda: ("Paused #1" if may else "Only people who manage") in last(workplace), "an answer")


@pytest.mark.parametrize("known", [True, False])
async def test_a_private_channel_that_is_shared_has_another_id_and_gets_what_it_got(workplace, known):
    store = workplace.app.store
    if known:
        await subscribed(store, channel="slack", address=f"{TEAM}/G0OLD", owner=f"{TEAM}/{ALICE}")
    await workplace.happens("channel_id_changed", old_channel_id="G0OLD", new_channel_id="C0NEW")
    await workplace.slack.command("list")
    await answered(workplace.slack, ML, 0)
    assert [one.address for one in await rows(store, schema.destination)] == [f"{TEAM}/C0NEW"] * known


async def test_a_place_that_has_the_new_id_already_is_left_as_it_is(workplace):
    store = workplace.app.store
    for number, address in enumerate(("G0OLD", "C0NEW")):
        await subscribed(
            store, f"cs.{number}", channel="slack", address=f"{TEAM}/{address}", owner=f"{TEAM}/{ALICE}"
        )
    await workplace.happens("channel_id_changed", old_channel_id="G0OLD", new_channel_id="C0NEW")
    await workplace.slack.command("list")
    await answered(workplace.slack, ML, 0)
    found = [one.address for one in await rows(store, schema.destination)]
    assert found == [f"{TEAM}/G0OLD", f"{TEAM}/C0NEW"]
