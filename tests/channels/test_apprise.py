"""Digests through Apprise to the webhooks of five services, over real sockets; fixed hosts behind a proxy."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

pytest.importorskip("apprise", reason="missing counterpart: apprise: pip install 'sudi[apprise]'")

from bot.channels.apprise import Apprise, channel
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.jobs.compose import Composer
from bot.jobs.deliver import Courier
from bot.model import Destination, Language
from bot.presentation.cards import digest_lines
from bot.store import Store
from bot.text.inert import seen
from tests.channels.cards import addresses, card, digest, settings
from tests.channels.subjects.apprise import shown
from tests.channels.test_contract import HOSTILE, bare
from tests.counterparts.webhooks import DINGTALK, FEISHU, MATTERMOST, TELEGRAM, WECOM, Webhooks, certificate
from tests.fakes import NINE, HandClock, matched, planned, states, subscribed
from tests.fakes import paper as stored_paper

TOKEN, KEY = "3ccdd113474722377935511fc85d3dd4", "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"
HOSTS = {"feishu": FEISHU, "wecom": WECOM, "dingtalk": DINGTALK, "telegram": TELEGRAM, "mattermost": MATTERMOST}


def configuration(port: int) -> str:
    return f"""
# one line for each
feishu=feishu://{TOKEN}
cards=feishu://{TOKEN}?format=markdown
wecom=wecombot://{KEY}
dingtalk=dingtalk://{TOKEN}
telegram=tgram://123456789:abcdefg_hijklmnop/12315544/?image=no
mattermost=mmost://127.0.0.1:{port}/{TOKEN}
"""


@pytest.fixture
async def webhooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Webhooks]:
    authority, context = certificate(tmp_path)
    async with Webhooks(context) as running:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{running.port}")
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority))
        yield running


@pytest.fixture
def ours(webhooks: Webhooks) -> Apprise:
    return channel(settings(apprise_config=configuration(webhooks.port)))


def to(tag: str, *cards: object, language: Language = Language.BOTH) -> Digest:
    return digest(*cards, destination=Destination(1, "apprise", tag, language, NINE))  # type: ignore[arg-type]


async def sent(ours: Apprise, whole: Digest) -> int:
    """Send all messages of a digest; how many those are."""
    bodies = ours.render(whole)
    for number, body in enumerate(bodies, 1):
        await ours.send(whole.destination.address, body, f"41.{number}")
    return len(bodies)


@pytest.mark.parametrize("tag", HOSTS)
@pytest.mark.parametrize(
    ("count", "language"), [(1, Language.EN), (20, Language.ZH), (20, Language.BOTH_HANT), (200, Language.BOTH)]
)
async def test_every_paper_arrives_and_nothing_is_over_a_limit(
    webhooks: Webhooks, ours: Apprise, tag: str, count: int, language: Language
):
    cards = [card(number) for number in range(1, count + 1)]
    parts = await sent(ours, to(tag, *cards, language=language))
    texts = webhooks.texts(HOSTS[tag])
    assert len(texts) == webhooks.requests == parts, "none was refused, and none was cut again on its way"
    said = bare(seen("".join(texts)))
    for one in cards:
        assert one.summary is not None
        assert bare(one.paper.url) in said
        if language is not Language.ZH:
            assert bare(one.paper.title) in said
        if language.plain is not Language.EN:
            assert bare(one.paper.id) + "：" in said, "the Chinese title"
    if parts > 1:
        assert [re.findall(r"[0-9]+/[0-9]+$", text)[0] for text in texts] == [
            f"{number}/{parts}" for number in range(1, parts + 1)
        ]


@pytest.mark.parametrize("tag", ["feishu", "wecom", "dingtalk", "telegram", "mattermost"])
async def test_text_of_papers_arrives_as_it_is_and_calls_nobody(webhooks: Webhooks, ours: Apprise, tag: str):
    whole = to(tag, card(1, title=HOSTILE, authors=(HOSTILE,), comments=HOSTILE))
    await sent(ours, whole)
    texts = webhooks.texts(HOSTS[tag])
    found = [shown(text) for text in texts] if tag != "telegram" else []
    assert [call for one in found for call in one.calls] == []
    assert {link for one in found for link in one.links} <= addresses(*whole.cards)
    assert "http://evil" not in "".join(texts)
    assert "@everyone" not in "".join(texts)
    (lines,) = digest_lines(whole).cards
    for text in (lines.titles[0].text, lines.authors, lines.notes[-1].text):
        assert bare(text) in bare(seen("".join(texts)))


async def test_cards_are_markdown_where_the_url_asks_for_it(webhooks: Webhooks, ours: Apprise):
    whole = to("cards", card(1, title=HOSTILE))
    await sent(ours, whole)
    (text,) = webhooks.texts(FEISHU)
    assert "[2606.90001](https://arxiv.org/abs/2606.90001)" in seen(text)
    assert "**1 paper, Wed 10 June**" in text
    assert set(shown(text).calls) == {"<strong>", "<a>"}, "which are ours"
    assert bare(digest_lines(whole).cards[0].titles[0].text) in bare(seen(text))


async def test_an_error_in_a_200_is_noticed_where_apprise_reads_it_and_no_secret_is_told(
    webhooks: Webhooks, ours: Apprise
):
    logged: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: logged.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    webhooks.answers.append((200, {"code": 11232, "msg": f"frequency limited {TOKEN}"}))
    (body,) = ours.render(to("feishu", card()))
    with pytest.raises(ChannelError, match="code=11232 msg=frequency limited …") as caught:
        await ours.send("feishu", body, "41.1")
    assert caught.value.ambiguous
    logging.getLogger().removeHandler(handler)
    assert TOKEN not in f"{caught.value}{logged}"
    await ours.send("feishu", body, "41.1")
    assert len(webhooks.texts(FEISHU)) == 1


@pytest.mark.parametrize(("tag", "code"), [("wecom", 45009), ("dingtalk", 130101)])
async def test_an_error_in_a_200_is_lost_where_apprise_does_not_read_it_as_the_readme_says(
    webhooks: Webhooks, ours: Apprise, tag: str, code: int
):
    webhooks.answers.append((200, {"errcode": code, "errmsg": "too many"}))
    assert await sent(ours, to(tag, card())) == 1
    assert webhooks.texts(HOSTS[tag]) == []


@pytest.mark.parametrize("tag", HOSTS)
async def test_a_failure_has_apprises_own_words_and_may_have_arrived(webhooks: Webhooks, ours: Apprise, tag: str):
    body = ours.render(to(tag, card()))[0]
    webhooks.answers.append((429, {"description": "Too Many Requests: retry after 3"}))
    with pytest.raises(ChannelError, match=r"429|Too Many") as caught:
        await ours.send(tag, body, "41.1")
    assert (caught.value.permanent, caught.value.ambiguous, bool(caught.value.retry_after)) == (False, True, True)


async def waiting(store: Store, clock: HandClock) -> None:
    """A digest for the Mattermost of the configuration."""
    _, (subscription,) = await subscribed(store, channel="apprise", address="mattermost", now=clock())
    await matched(store, subscription, stored_paper(1), now=clock())
    await planned(store, clock())


async def attempts(webhooks: Webhooks, store: Store, many: int, clock: HandClock) -> list[str]:
    """Try to deliver so often, each time in a process of its own, which remembers nothing."""
    for _ in range(many):
        mine = channel(settings(apprise_config=configuration(webhooks.port)))
        await Courier(store, mine, Composer(store, cap=50, clock=clock), owner="me", clock=clock).drain()
        clock.forward(minutes=11)
    return await states(store)


async def test_the_third_failure_in_a_row_pauses_the_destination_whichever_processes_have_met_it(
    webhooks: Webhooks, sqlite_store: Store
):
    clock = HandClock()
    await waiting(sqlite_store, clock)
    webhooks.answers.extend([(429, {})] * 3)
    assert await attempts(webhooks, sqlite_store, 2, clock) == ["ready"]
    assert await attempts(webhooks, sqlite_store, 1, clock) == ["dead"]
    async with sqlite_store.read() as tx:
        (destination,) = await tx.subscribers.untold()
    assert "429" in destination.paused
    assert webhooks.taken == []


async def test_a_success_after_two_of_them_is_a_success(webhooks: Webhooks, sqlite_store: Store):
    clock = HandClock()
    await waiting(sqlite_store, clock)
    webhooks.answers.extend([(500, {})] * 2)
    assert await attempts(webhooks, sqlite_store, 3, clock) == ["sent"]
    assert len(webhooks.taken) == 1


async def test_a_service_that_is_away_is_tried_again():
    away = channel(settings(apprise_config=f"lab=mmost://127.0.0.1:1/{TOKEN}\n"))
    with pytest.raises(ChannelError, match="Connection error") as caught:
        await away.send("lab", away.render(to("lab", card()))[0], "41.1")
    assert not caught.value.permanent


async def test_a_tag_that_is_not_there_is_refused_for_good(ours: Apprise):
    body = ours.render(to("elsewhere", card()))[0]
    with pytest.raises(ChannelError, match="0 services tagged elsewhere") as caught:
        await ours.send("elsewhere", body, "41.1")
    assert caught.value.permanent


async def test_the_check_names_tags_and_services_but_no_url(ours: Apprise):
    said = await ours.check()
    assert "feishu (Feishu)" in said
    assert "wecom (WeCom Bot)" in said
    assert TOKEN not in said
    both = channel(settings(apprise_config=f"lab=feishu://{TOKEN}\nlab=lark://{TOKEN}\n"))
    with pytest.raises(ChannelError, match="each service needs a tag of its own, not lab"):
        await both.check()


def test_the_configuration_may_be_a_file(tmp_path: Path):
    path = tmp_path / "apprise.conf"
    path.write_text(f"lab=wecombot://{KEY}?a=1,2\n", "utf-8")
    ours = channel(settings(apprise_config=str(path)))
    assert json.loads(ours.render(to("lab", card()))[0])[0] == "text"


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ("lab=feishu://t-t\nother=nosuchthing://secret-secret\n", "Apprise does not take line 2"),
        (f"lab=feishu://{TOKEN}\nx=mmost://\n", "Apprise does not take line 2"),
        ("/nowhere/apprise.conf", "cannot be read"),
    ],
)
def test_what_apprise_does_not_take_is_named_and_not_shown(
    given: str, what: str, capsys: pytest.CaptureFixture[str]
):
    with pytest.raises(SettingsError) as caught:
        channel(settings(apprise_config=given))
    (line,) = caught.value.faults
    assert what in line
    printed = capsys.readouterr()
    assert "secret-secret" not in f"{line}{printed.out}{printed.err}"


def test_the_urls_of_the_setting_are_secrets():
    assert f"{TOKEN}" in settings(apprise_config=f"lab=feishu://{TOKEN}?format=markdown\n").secrets()
