"""Several workspaces with one bot: each installs the app by itself, gets what it asked for, and may leave."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from html import unescape
from typing import Any

import httpx2 as httpx
import pytest
from pydantic import SecretStr
from slack_sdk.oauth.installation_store import Installation
from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from sqlalchemy.ext.asyncio import create_async_engine

from bot.app import App
from bot.channels.slack import channel
from bot.channels.slack.workspaces import Workspaces
from bot.errors import ChannelError, SettingsError
from bot.settings import Settings
from bot.store import schema
from tests import PATIENCE
from tests.channels.cards import digest
from tests.channels.slack.conftest import settings
from tests.channels.slack.talk import NOON, answered, reachable, read, running, until
from tests.counterparts import emulate
from tests.counterparts.emulate import CLIENT, CLIENT_SECRET, POOR, Emulated, emulated
from tests.counterparts.needed import need
from tests.counterparts.processes import free_port
from tests.counterparts.slack_edge import ALICE, APP_TOKEN, BOT_TOKEN, ML, TEAM, SlackEdge
from tests.fakes import matched, paper, planned, rows, subscribed

REMOVED = "the app was removed from the workspace; after installing it again, type /papers resume"
OTHER, OTHER_TOKEN = "T02OTHER", "xoxb-of-the-other"
SHARED: dict[str, Any] = {
    "slack_bot_token": None,
    "slack_client_id": CLIENT,
    "slack_client_secret": SecretStr(CLIENT_SECRET),
}


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
async def strict(port: int) -> AsyncIterator[Emulated]:
    """A workspace that knows scopes, where the app may be installed."""
    need("emulate", emulate.missing())
    async with emulated(f"http://127.0.0.1:{port}/slack/oauth_redirect") as slack:
        yield slack


@pytest.fixture
async def app(strict: Emulated, port: int, tmp_path) -> AsyncIterator[App]:
    """A bot that is installed nowhere yet."""
    changes = SHARED | {"bot_public_url": f"http://127.0.0.1:{port}"}
    async with running(strict, tmp_path, listen=f"127.0.0.1:{port}", **changes) as opened:  # type: ignore[arg-type]
        yield opened


async def install(slack: Emulated, port: int, *, cookie: str | None = None) -> httpx.Response:
    """What somebody does in a browser: open the page, follow its link, allow it, and come back."""
    async with httpx.AsyncClient() as browser:
        page = await browser.get(f"http://127.0.0.1:{port}/slack/install")
        (link,) = re.findall(r'href="([^"]+/authorize[^"]*)"', page.text)
        form = (await browser.get(unescape(link))).text.partition("</form>")[0]
        fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
        allowed = await browser.post(
            f"{slack.url}/oauth/v2/authorize/callback",
            data={name: unescape(value) for name, value in fields.items()},
        )
        kept = page.headers["set-cookie"].partition(";")[0] if cookie is None else cookie
        return await browser.get(allowed.headers["location"], headers={"Cookie": kept})


async def test_a_workspace_installs_the_app_and_the_bot_may_do_there_all_that_it_does(strict, app, port):
    ours = app.channels["slack"]
    assert f"no workspace yet, install it at http://127.0.0.1:{port}/slack/install" in await ours.check()
    page = await install(strict, port)
    assert (page.status_code, "Thank you" in page.text) == (200, True)
    assert (await ours.check()).startswith("Acme (T000000001) as ")

    (token,) = strict.given - {POOR}
    rooms = {one["name"]: one["id"] for one in (await strict.ask("conversations.list", token))["channels"]}
    await strict.ask("conversations.join", token, channel=rooms["ml"])
    destination = f"T000000001/{rooms['ml']}"
    root = await ours.send(destination, ours.render(digest())[0], "1.1")
    card = await ours.send_below(root, destination, ours.render(digest())[0], "1.2")

    async def at_once(*_: object) -> float:
        return 0.0

    ours.share_rate_limits(at_once)  # or each look would take a minute
    assert await ours.find(destination, "1.1", NOON, "") == root
    assert await ours.find(destination, "1.2", NOON, root) == card
    assert await ours.find(destination, "1.3", NOON, root) is None
    person = "T000000001/U000000001"
    mine = await ours.send(person, ours.render(digest())[0], "2.1")
    assert await ours.find(person, "2.1", NOON, "") == mine
    await ours.tell(person, "the channel was archived", destination)
    await ours.tell(destination, "put back to a backup", destination)


async def test_who_comes_back_without_having_begun_installs_nothing(strict, app, port):
    page = await install(strict, port, cookie="slack-app-oauth-state=stolen")
    assert page.status_code == 400
    assert "no workspace yet" in await app.channels["slack"].check()


async def test_a_workspace_that_has_not_installed_the_app_is_refused_for_good_and_told_where(strict, app, port):
    ours = app.channels["slack"]
    with pytest.raises(ChannelError, match=f"not installed.*127.0.0.1:{port}/slack/install") as refused:
        await ours.send("T0NOBODY/C0NOBODY", ours.render(digest())[0], "1.1")
    assert refused.value.permanent


async def test_a_scope_that_is_missing_is_named_and_is_final(strict):
    poor = channel(settings(strict, slack_bot_token=SecretStr(POOR)))
    with pytest.raises(ChannelError, match=r"missing_scope: .*:history") as refused:
        await poor.find("T000000001/C000000001", "1.1", NOON, "")
    assert refused.value.permanent
    await poor.close()


async def test_an_event_that_slack_signs_is_taken_and_any_other_is_not(strict, app, port):
    await install(strict, port)
    await reachable(f"127.0.0.1:{port}")
    async with httpx.AsyncClient() as somebody:
        forged = await somebody.post(f"http://127.0.0.1:{port}/slack/events", json={"type": "app_uninstalled"})
    assert forged.status_code == 401


def installation(team: str, token: str, name: str) -> Installation:
    return Installation(
        app_id="A1", user_id="U1", team_id=team, team_name=name, bot_token=token, bot_id="B1", bot_user_id="U0BOT"
    )


@pytest.fixture
async def shared(slack: SlackEdge, tmp_path) -> AsyncIterator[App]:
    """A bot that two workspaces have installed, with a destination in each, listening by one socket."""
    url = f"sqlite+aiosqlite:///{tmp_path / 'sudi.db'}"
    slack.tokens = {BOT_TOKEN, OTHER_TOKEN, APP_TOKEN}
    async with running(slack, tmp_path, **SHARED) as opened:
        kept = create_async_engine(url)
        store = AsyncSQLAlchemyInstallationStore(CLIENT, kept)
        await store.create_tables()
        for team, token in ((TEAM, BOT_TOKEN), (OTHER, OTHER_TOKEN)):
            await store.async_save(installation(team, token, team))
        await kept.dispose()
        for team in (TEAM, OTHER):
            address = f"{team}/{ML}"
            _, (one,) = await subscribed(opened.store, channel="slack", address=address, owner=f"{team}/{ALICE}")
            await matched(opened.store, one, paper(1))
        yield opened


async def paused(app: App) -> dict[str, str]:
    return {one.address.partition("/")[0]: one.paused for one in await rows(app.store, schema.destination)}


async def is_paused(app: App, team: str) -> None:
    """Wait for it: an event is acknowledged before anything is done about it."""
    async with asyncio.timeout(PATIENCE):
        while not (await paused(app))[team]:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_each_workspace_is_answered_and_served_with_its_own_token(slack, shared):
    await slack.command("list")
    (one,) = await answered(slack, ML, 0)
    assert "cs.LG" in read(one)
    await planned(shared.store)
    await shared.deliver()
    assert sorted(one.token for one in slack.posts) == [OTHER_TOKEN] * 2 + [BOT_TOKEN] * 2


@pytest.mark.parametrize(
    "event", [("app_uninstalled", {}), ("tokens_revoked", {"tokens": {"oauth": [], "bot": ["U0BOT"]}})]
)
async def test_a_workspace_that_removes_the_app_is_paused_and_forgotten_and_no_other_is(slack, shared, event):
    kind, more = event
    slack.tokens.remove(OTHER_TOKEN)
    await slack.happens(kind, team=OTHER, **more)
    await is_paused(shared, OTHER)
    assert await paused(shared) == {TEAM: "", OTHER: REMOVED}
    assert len(await rows(shared.store, schema.subscription)) == 2
    with pytest.raises(ChannelError, match="not installed"):
        await shared.channels["slack"].send(f"{OTHER}/{ML}", "{}", "1.1")
    async with shared.store.read() as tx:
        for table in ("slack_bots", "slack_installations"):
            left = await tx.connection.exec_driver_sql(f"SELECT team_id FROM {table}")  # noqa: S608
            assert [row[0] for row in left] == [TEAM]


async def test_old_news_of_a_removal_do_not_undo_a_newer_installation(slack, shared):
    await slack.happens("app_uninstalled", team=OTHER)
    await until(lambda: slack.calls["auth.test"], "a look whether the token is good")
    await slack.command("list")
    await answered(slack, ML, 0)
    assert await paused(shared) == {TEAM: "", OTHER: ""}
    await shared.channels["slack"].send(f"{OTHER}/{ML}", shared.channels["slack"].render(digest())[0], "1.1")


async def test_a_bot_for_one_workspace_pauses_its_places_too_when_it_is_removed(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        await subscribed(app.store, channel="slack", address=f"{TEAM}/{ML}", owner=f"{TEAM}/{ALICE}")
        slack.tokens.remove(BOT_TOKEN)
        await slack.happens("app_uninstalled")
        await is_paused(app, TEAM)
        assert await paused(app) == {TEAM: REMOVED}


async def test_tokens_are_kept_in_either_database(database_url):
    values = Settings(_env_file=None, database_url=database_url, slack_client_id=CLIENT)
    kept = Workspaces(values)
    assert await kept.all() == []
    for name, token in (("Before", "xoxb-1"), ("Acme", "xoxb-2")):
        store = AsyncSQLAlchemyInstallationStore(CLIENT, kept._engine)
        await store.async_save(installation(TEAM, token, name))
    assert await kept.all() == [(TEAM, "Acme")]
    assert await kept.token(TEAM) == "xoxb-2"
    await kept.forget(TEAM)
    assert await kept.all() == []
    await kept.close()


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"slack_client_secret": None}, "belong together"),
        ({"slack_client_id": ""}, "belong together"),
        ({"slack_bot_token": SecretStr("xoxb-one")}, "leave it out"),
    ],
)
def test_settings_that_contradict_one_another_are_refused(changes, what):
    values = {name: value for name, value in (SHARED | changes).items() if value is not None}
    with pytest.raises(SettingsError, match=what):
        channel(Settings(_env_file=None, **values))
