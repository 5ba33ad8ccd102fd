"""What people do on a simulated Discord: commands, menus, forms and buttons, through the real discord.py."""

from __future__ import annotations

import re
from typing import Any

import discord
import pytest
import simcord
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import Attachment, Command, Invocation, Offer, Reply
from bot.channels.discord.options import options, queries, subscriptions
from bot.channels.discord.supervisor import Gateway
from bot.commands import SPECS
from bot.commands.zones import OFFERED
from bot.locale import say
from bot.model import Language, Subscription
from bot.text.normal import has_han
from bot.text.traditional import traditional
from tests.channels.cards import card
from tests.counterparts import discord_schema

NAME = re.compile(r"[-_'\w]{1,32}")
"""https://docs.discord.com/developers/interactions/application-commands#application-command-object-application-command-naming"""

KNOWN = (Subscription(11, 1, 1, 'cs.LG "kv cache"'), Subscription(12, 1, 3, "hep-th axion*", paused=True))


class Handling:
    """Answers with what it was asked, or with what a test has prepared for a verb."""

    specs = SPECS

    def __init__(self) -> None:
        self.asked: list[Invocation] = []
        self.replies: dict[str, Reply] = {"list": Reply("two", Language.EN, subscriptions=KNOWN)}

    async def __call__(self, invocation: Invocation) -> Reply:
        self.asked.append(invocation)
        return self.replies.get(invocation.text.split()[0], Reply(f"heard: {invocation.text}", Language.EN))

    @property
    def last(self) -> Invocation:
        return self.asked[-1]


@pytest.fixture
def handling() -> Handling:
    return Handling()


@pytest.fixture
def simcord_bot(handling: Handling) -> Gateway:
    return Gateway(handling, "thread", shard_count=1)


@pytest.fixture
def env(simcord_env: simcord.Env) -> simcord.Env:
    return simcord_env


@pytest.fixture
def lab(env: simcord.Env) -> simcord.GuildHandle:
    return env.create_guild("Tide Lab")


@pytest.fixture
def channel(lab: simcord.GuildHandle) -> simcord.ChannelHandle:
    return lab.create_text_channel("papers")


@pytest.fixture
def manager(env: simcord.Env, lab: simcord.GuildHandle) -> simcord.MemberActor:
    role = lab.create_role("Managers", permissions=discord.Permissions(manage_channels=True))
    return lab.add_member(env.create_user("ottoline"), roles=[role])


@pytest.fixture
def member(env: simcord.Env, lab: simcord.GuildHandle) -> simcord.MemberActor:
    return lab.add_member(env.create_user("wen"))


GIVEN = {
    "query": "cs.LG tide",
    "subscription": "1",
    "clock": "09:00",
    "count": "5",
    "zone": "Asia/Shanghai",
    "paper": "2606.90001",
    "command": "subscribe",
    "mailbox": "ada@reader.test",
    "date": "2026-06-10",
    "page": "2",
    "author": "greaves",
}


@pytest.mark.parametrize("spec", [one for one in SPECS if one.name != "edit"], ids=lambda one: one.name)
async def test_every_command_reaches_the_handler_as_it_would_be_typed(
    spec: Command, channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    given = {one.name: GIVEN.get(one.name) or one.choices[0] for one in options(spec)}
    group = "library" if spec.is_personal else "papers"
    result = await manager.slash(channel, f"{group} {spec.name}", **given)
    assert handling.last.text == " ".join([spec.name, *given.values()])
    assert handling.last.destination == (f"@{manager.id}" if spec.is_personal else str(channel.id))
    assert handling.last.sender == f"@{manager.id}"
    assert handling.last.may_manage
    assert result.ephemeral
    assert result.response is not None


async def test_what_may_be_left_out_may_be_left_out(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    for name, typed in (("pause", {}), ("help", {}), ("time", {"clock": "9:30"})):
        await manager.slash(channel, f"papers {name}", **typed)
        assert handling.last.text == " ".join([name, *typed.values()])


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_help_is_one_embed_with_every_command_as_a_link(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling, language: str
):
    headings = ("Start", "Change", "Read")
    handling.replies["help"] = Reply("", Language(language), headings=headings)
    result = await manager.slash(channel, "papers help")
    assert result.response is not None
    assert result.ephemeral
    (embed,) = result.response.embeds
    assert [one.name for one in embed.fields] == list(headings)
    said = "".join(one.value or "" for one in embed.fields)
    assert max(len(one.value or "") for one in embed.fields) <= 1024
    for spec in SPECS:
        root = "library" if spec.is_personal else "papers"
        assert spec.name == "help" or re.search(rf"</{root} {spec.name}:[0-9]+>", said), spec.name


async def test_a_change_of_one_line_is_said_once_and_to_all(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    handling.replies["resume"] = Reply("Resumed #1.", Language.EN, is_public=True)
    result = await manager.slash(channel, "papers resume", subscription="1")
    assert result.response is not None
    assert result.response.content == "Done."
    assert channel.last_message is not None
    assert channel.last_message.content == f"{manager.mention}: Resumed #1."


async def test_a_change_leaves_one_visible_line_that_pings_and_formats_nothing(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    handling.replies["subscribe"] = Reply("Subscribed: @everyone *x*\nand more", Language.EN, is_public=True)
    result = await manager.slash(channel, "papers subscribe", query="x")
    assert result.response is not None
    assert result.response.content == "and more", "what all can read is said once"
    assert channel.last_message is not None
    assert channel.last_message.content == f"{manager.mention}: Subscribed: \\@everyone \\*x\\*"
    assert not channel.last_message.mention_everyone


async def test_who_does_not_manage_channels_has_no_channel_commands_but_their_own(
    channel: simcord.ChannelHandle, member: simcord.MemberActor, handling: Handling
):
    assert all(name.startswith(("my ", "library ")) for name in member.available_commands(channel))
    await member.slash(channel, "my subscribe", query="cs.LG")
    assert handling.last.destination == handling.last.sender == f"@{member.id}"
    assert handling.last.may_manage


async def test_a_file_comes_with_the_answer(
    channel: simcord.ChannelHandle, member: simcord.MemberActor, handling: Handling
):
    handling.replies["cite"] = Reply(
        "BibTeX of 2 papers.", Language.EN, attachment=Attachment("saved.bib", ("@misc{a,\n}\n", "@misc{b,\n}\n"))
    )
    result = await member.slash(channel, "library cite", paper="saved")
    assert result.response is not None
    (file,) = result.response.attachments
    assert (file.filename, file.size) == ("saved.bib", len(b"@misc{a,\n}\n\n@misc{b,\n}\n"))


@pytest.mark.parametrize("verb", ["save", "follow"])
async def test_a_card_is_saved_and_its_author_followed_by_a_button_that_survives_a_restart(
    channel: simcord.ChannelHandle, member: simcord.MemberActor, handling: Handling, env: simcord.Env, verb: str
):
    handling.replies["show"] = Reply("2606.90001", Language.EN, (card(1),))
    result = await member.slash(channel, "my show", paper="2606.90001")
    (shown,) = [one for one in result.followups if one.components]
    await env.restart_bot(Gateway(handling, "thread", shard_count=1))
    await member.click(shown, custom_id=f"sudi:my:{verb} 2606.90001")
    assert handling.last.text == f"{verb} 2606.90001"
    assert handling.last.sender == handling.last.destination == f"@{member.id}"


async def test_a_button_is_checked_again_for_whoever_presses_it(
    channel: simcord.ChannelHandle, member: simcord.MemberActor, handling: Handling, env: simcord.Env
):
    pressable = discord.ui.View(timeout=None)
    pressable.add_item(discord.ui.Button(label="Unsubscribe 1", custom_id="sudi:at:unsubscribe 1"))
    message = await env.bot.get_channel(channel.id).send("x", view=pressable)  # type: ignore[union-attr]
    await env.restart_bot(Gateway(handling, "thread", shard_count=1))
    result = await member.click(message, label="Unsubscribe 1")
    assert handling.last.text == "unsubscribe 1"
    assert not handling.last.may_manage
    assert result.ephemeral


async def test_the_list_has_buttons_for_each_subscription_that_survive_a_restart(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    result = await manager.slash(channel, "papers list")
    assert result.response is not None
    first, second = (row["components"] for row in result.response.components)
    assert [one["label"] for one in first] == ["Edit 1", "Pause 1", "Unsubscribe 1"]
    assert [one["label"] for one in second] == ["Edit 3", "Resume 3", "Unsubscribe 3"]
    await manager.click(result.response.message, label="Resume 3")
    assert handling.last.text == "resume id:12"


async def test_buttons_of_ones_own_list_act_on_ones_own_digest(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    result = await manager.slash(channel, "my list")
    assert result.response is not None
    await manager.click(result.response.message, label="Pause 1")
    assert (handling.last.text, handling.last.destination) == ("pause id:11", f"@{manager.id}")


async def test_edit_opens_a_form_with_the_query_and_submits_it(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    shown = await manager.slash(channel, "papers edit", subscription="1")
    assert shown.modal is not None
    assert shown.modal["title"] == "Edit 1"
    field = shown.modal["components"][0]["components"][0]
    assert field["value"] == 'cs.LG "kv cache"'
    result = await manager.submit_modal(shown, {field["custom_id"]: "cs.LG quantiz*"})
    assert handling.last.text == "edit id:11 cs.LG quantiz*"
    assert result.ephemeral


async def test_an_edit_of_what_there_is_not_is_answered_in_words(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor
):
    result = await manager.slash(channel, "papers edit", subscription="9")
    assert result.modal is None
    assert result.response is not None
    assert result.response.content == "heard: edit 9"


async def test_an_edit_button_opens_the_form_of_its_subscription_or_says_that_it_is_gone(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    listed = await manager.slash(channel, "papers list")
    assert listed.response is not None
    shown = await manager.click(listed.response.message, label="Edit 3")
    assert shown.modal is not None
    assert shown.modal["components"][0]["components"][0]["value"] == "hep-th axion*"
    handling.replies["list"] = Reply("one", Language.EN, subscriptions=KNOWN[:1])
    result = await manager.click(listed.response.message, label="Edit 3")
    assert result.modal is None
    assert handling.last.text == "edit id:12"


@pytest.mark.parametrize(
    ("typed", "first"),
    [("cs.lg", "cs.LG"), ("机器学", "cs.LG"), ("machine l", "cs.LG"), ('"kv cache" cs.c', '"kv cache" cs.CC')],
)
async def test_categories_are_found_by_any_part_of_code_and_names(
    typed: str, first: str, channel: simcord.ChannelHandle, manager: simcord.MemberActor
):
    found = await manager.autocomplete(channel, "papers subscribe", "query", typed)
    assert len(found) <= 25
    assert found[0]["value"] == typed
    assert first in [one["value"] for one in found]
    assert all(0 < len(one["name"]) <= 100 for one in found)


@pytest.mark.parametrize(
    ("typed", "names"), [("sav", ["save", "saved", "unsave"]), ("收藏", ["save", "saved", "unsave"]), ("zzz", [])]
)
async def test_the_commands_that_help_explains_are_offered_by_name(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, typed: str, names: list[str]
):
    found = await manager.autocomplete(channel, "papers help", "command", typed)
    assert [one["value"] for one in found] == names
    assert len(await manager.autocomplete(channel, "papers help", "command", "")) == 25


async def test_ones_own_subscriptions_are_offered(channel: simcord.ChannelHandle, manager: simcord.MemberActor):
    found = await manager.autocomplete(channel, "papers unsubscribe", "subscription", "AXION")
    assert [(one["name"], one["value"]) for one in found] == [("3. hep-th axion*", "3")]


async def test_rights_that_the_bot_lacks_are_named_before_anything_is_saved(
    env: simcord.Env, lab: simcord.GuildHandle, manager: simcord.MemberActor, handling: Handling
):
    assert lab.me is not None
    denied = discord.PermissionOverwrite(send_messages=False, embed_links=False)
    muted = lab.create_text_channel("muted", overwrites={lab.default_role: denied, _bot_role(lab): denied})
    result = await manager.slash(muted, "papers subscribe", query="cs.LG")
    assert result.response is not None
    said = say("discord.lacking", "en", rights="Send Messages, Embed Links, Create Public Threads")
    assert result.response.content.startswith(said.partition("Send")[0])
    assert "Send Messages, Embed Links" in result.response.content
    assert handling.asked == []


async def test_closed_direct_messages_are_said_at_once(
    env: simcord.Env, channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    handling.replies["subscribe"] = Reply("Subscribed", Language.EN, is_public=True)
    env.inject_error("POST", "/channels/*/messages", status=403, code=50007)
    result = await manager.slash(channel, "my subscribe", query="cs.LG")
    assert result.followups[-1].content == say("discord.closed", "en")
    assert result.followups[-1].ephemeral


async def test_a_first_subscription_of_ones_own_is_confirmed_by_direct_message(
    env: simcord.Env, channel: simcord.ChannelHandle, handling: Handling, lab: simcord.GuildHandle
):
    user = env.create_user("ruth")
    handling.replies["subscribe"] = Reply("Subscribed (#1)\nmore", Language.EN, is_public=True)
    await lab.add_member(user).slash(channel, "my subscribe", query="cs.LG")
    assert user.dm_channel.last_message is not None
    assert user.dm_channel.last_message.content == "Subscribed (#1)"
    assert channel.last_message is None or "Subscribed" not in channel.last_message.content


async def test_in_direct_messages_the_own_commands_are_there(env: simcord.Env, handling: Handling):
    user = env.create_user("ruth")
    result = await user.slash("my status")
    assert handling.last.destination == f"@{user.id}"
    assert not result.ephemeral


async def test_a_command_in_a_thread_is_about_its_channel(
    env: simcord.Env, channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    posted = await manager.send(channel, "root")
    await env.bot.get_channel(channel.id).get_partial_message(posted.id).create_thread(name="cards")  # type: ignore[union-attr]
    (thread,) = channel.threads
    await manager.slash(thread, "papers status")
    assert handling.last.destination == str(channel.id)


async def test_a_command_in_a_post_of_a_forum_is_about_that_post_because_the_forum_takes_no_messages(
    env: simcord.Env, lab: simcord.GuildHandle, manager: simcord.MemberActor, handling: Handling
):
    forum = lab.create_forum_channel("reading")
    made = await env.bot.get_channel(forum.id).create_thread(name="papers", content="here")  # type: ignore[union-attr]
    (post,) = forum.threads
    await manager.slash(post, "papers status")
    assert handling.last.destination == str(made.thread.id)


async def test_cards_of_a_reply_are_folded_and_one_alone_is_whole(
    channel: simcord.ChannelHandle, manager: simcord.MemberActor, handling: Handling
):
    handling.replies["preview"] = Reply("two", Language.BOTH, (card(1), card(2)))
    handling.replies["show"] = Reply("one", Language.BOTH, (card(1),))
    result = await manager.slash(channel, "papers preview", query="cs.LG")
    (cards,) = result.followups
    assert [one.url for one in cards.embeds] == [card(1).paper.url, card(2).paper.url]
    whole = await manager.click(cards.message, label="Abstracts 1")
    assert handling.last.text == "show 2606.90001"
    assert "We assign bits to heads" in (whole.followups[0].embeds[0].description or "")


async def test_names_and_descriptions_are_there_in_three_languages(env: simcord.Env):
    tree = env.bot.tree  # type: ignore[attr-defined]
    payloads = [await one.get_translated_payload(tree, tree.translator) for one in tree.get_commands()]
    for group in payloads:
        assert discord_schema.faults("ApplicationCommandCreateRequest", group) == []
        assert longest(group) <= 8_000
        verbs = group["options"]
        for one in [group, *verbs, *(option for verb in verbs for option in verb["options"])]:
            for locale in ("zh-CN", "zh-TW"):
                assert has_han(one["name_localizations"][locale]), one["name"]
                assert NAME.fullmatch(one["name_localizations"][locale]), one["name"]
                assert has_han(one["description_localizations"][locale]), one["name"]
                assert len(one["description_localizations"][locale]) <= 100
            for texts in (one["name_localizations"], one["description_localizations"]):
                assert traditional(texts["zh-TW"]) == texts["zh-TW"]
        for locale in ("zh-CN", "zh-TW"):
            assert len({one["name_localizations"][locale] for one in verbs}) == len(verbs)
    assert payloads[0]["options"][0]["name_localizations"]["zh-TW"] == "訂閱"
    assert payloads[0]["default_member_permissions"] == discord.Permissions(manage_channels=True).value


def test_no_usage_has_a_word_that_is_no_option():
    names = {one.name for spec in SPECS for one in options(spec)}
    assert names == set(GIVEN) | {"choice"}


def longest(one: Any) -> int:
    """What Discord counts of a command: the longest of each text in any language, and what is inside."""
    texts = (
        max(len(one.get(key) or ""), *map(len, one.get(f"{key}_localizations", {}).values()), 0)
        for key in ("name", "description")
    )
    values = len(str(one.get("value", "")))
    return sum(texts) + values + sum(map(longest, [*one.get("options", ()), *one.get("choices", ())]))


@given(st.text(max_size=150) | st.sampled_from(["", " ", "cs.", "，", "机器 学习" * 30, '"kv cache" c', "(-cs.L"]))
def test_menus_keep_the_limits_whatever_is_typed(typed: str):
    known = [Subscription(number, 1, number, "cs.LG " + "字" * 400) for number in range(1, 51)]
    for menu in (queries(typed), subscriptions(typed, known)):
        assert len(menu) <= 25
        assert all(0 < len(one.name) <= 100 and 0 < len(one.value) <= 100 for one in menu)
        assert len({one.value for one in menu}) == len(menu)


def _bot_role(lab: simcord.GuildHandle) -> simcord.RoleHandle:
    return next(role for name, role in lab.roles.items() if name == "TestBot")


async def test_what_an_answer_offers_is_a_button_that_gives_the_command(manager, channel, handling):
    offers = (Offer("Send me these now", "now id:7"),)
    handling.replies["subscribe"] = Reply("Subscribed.", Language.EN, offers=offers)
    shown = await manager.slash(channel, "papers subscribe", query="cs.LG")
    assert shown.response is not None
    await manager.click(shown.response.message, label="Send me these now")
    assert handling.last.text == "now id:7"


@pytest.mark.parametrize(("group", "is_own"), [("papers", False), ("my", True)])
async def test_the_time_zone_is_asked_by_a_menu_and_what_is_chosen_is_a_command(
    channel: simcord.ChannelHandle,
    manager: simcord.MemberActor,
    handling: Handling,
    group: str,
    is_own: bool,
):
    handling.replies["subscribe"] = Reply(
        "Subscribed", Language.EN, zones=OFFERED, offers=(Offer("Now", "now id:1"),)
    )
    result = await manager.slash(channel, f"{group} subscribe", query="cs.LG")
    assert result.response is not None
    await manager.select(result.response, ["Europe/Berlin"])
    assert handling.last.text == "time Europe/Berlin"
    assert handling.last.destination == (f"@{manager.id}" if is_own else str(channel.id))
