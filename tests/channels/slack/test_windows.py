"""The form and App Home, through real sockets."""

from __future__ import annotations

import asyncio

from bot.channels.slack.blocks import button, buttons
from bot.channels.slack.forms import loaded
from bot.channels.slack.render import SETTINGS
from bot.model import Language, Notices
from bot.presentation.cards import NAME
from bot.text.traditional import traditional
from tests import PATIENCE
from tests.channels.slack.talk import answered, is_private, messages, read, running, until
from tests.counterparts import block_kit
from tests.counterparts.slack_edge import ALICE, GUEST, ML, TEAM


async def stored(app, destination: str):
    async with app.store.read() as tx:
        one = await tx.subscribers.destination("slack", f"{TEAM}/{destination}")
        return (one, await tx.subscribers.subscriptions(one.id)) if one else (None, [])


async def until_notices(app, notices: Notices) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await stored(app, ML))[0].notices is not notices:  # noqa: ASYNC110  # another process has the event
            await asyncio.sleep(0.05)


def filled(view, **changes):
    """What Slack sends back of a form, with some fields changed."""
    values = {}
    for block in view["blocks"]:
        if block["type"] == "input":
            element, name = block["element"], block["block_id"]
            values[name] = {
                name: {
                    "selected_options": element.get("initial_options", []),
                    "selected_option": element.get("initial_option"),
                    "selected_time": element.get("initial_time"),
                    "value": element.get("initial_value"),
                }
            }
    for name, value in changes.items():
        values[f"form:{name}"][f"form:{name}"] |= value
    return {name: {name: {k: v for k, v in one[name].items() if v is not None}} for name, one in values.items()}


BELOW_A_DIGEST = [buttons([button("Settings", SETTINGS, SETTINGS)])]
LG = {"selected_options": [{"value": "cs.LG", "text": {"type": "plain_text", "text": "cs.LG"}}]}


async def test_a_subscription_is_made_and_edited_with_the_form(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe")
        await until(lambda: slack.views, "a form")
        form = slack.views[-1]
        assert block_kit.view_faults(form) == []
        state = filled(form, categories=LG, any={"value": "kv cache, 注意力"}, time={"selected_time": "07:45"})
        await slack.submits(form, state)
        found = await answered(slack, ML, 0, least=5)
        assert 'cs.LG "kv cache", 注意力' in "".join(map(read, found))
        destination, subscriptions = await stored(app, ML)
        assert [one.query for one in subscriptions] == ['cs.LG "kv cache", 注意力']
        assert destination.slot.clock == "07:45"
        assert destination.slot.zone == "America/Los_Angeles"

        await slack.command("edit 1")
        await until(lambda: len(slack.views) > 1, "a second form")
        again = slack.views[-1]
        texts = {block["block_id"]: block["element"] for block in again["blocks"] if block["type"] == "input"}
        assert [one["value"] for one in texts["form:categories"]["initial_options"]] == ["cs.LG"]
        assert texts["form:any"]["initial_value"] == '"kv cache", 注意力'
        assert texts["form:time"]["initial_time"] == "07:45"
        before = len(await messages(slack))
        await slack.submits(again, filled(again, any={"value": "diffusion"}))
        found = await answered(slack, ML, before, least=2)
        assert len(found) == 2  # only the query has changed
        assert [one.query for one in (await stored(app, ML))[1]] == ["cs.LG diffusion"]

        menu = texts["form:notices"]
        assert menu["initial_option"]["value"] == "faults"
        always = next(option for option in menu["options"] if option["value"] == "always")
        before = len(await messages(slack))
        await slack.submits(again, filled(again, notices={"selected_option": always}))
        await answered(slack, ML, before, least=3)
        await until_notices(app, Notices.ALWAYS)


async def test_a_form_is_read_back_while_it_is_filled_in_and_says_what_is_wrong_before_it_is_saved(
    slack, tmp_path
):
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe")
        await until(lambda: slack.views, "a form")
        form = slack.views[-1]
        await slack.changes(form, filled(form, categories=LG, any={"value": "attention"}))
        await until(lambda: len(slack.views) > 1, "a reading")
        said = "".join(block_kit.strings(slack.views[-1]["blocks"], "text"))
        assert "That is:" in said
        assert "attention" in said
        answer = await slack.submits(form, filled(form, any={"value": "(("}))
        assert (await stored(app, ML))[0] is None
        assert answer["response_action"] == "errors"
        assert set(answer["errors"]) == {"form:any"}


async def test_who_may_not_change_a_channel_gets_no_form(slack, tmp_path):
    slack.people[GUEST] = {"is_restricted": True}
    async with running(slack, tmp_path):
        await slack.command("subscribe", user=GUEST)
        (one,) = await answered(slack, ML, 0)
        assert is_private(one, GUEST)
        assert "Only people who manage" in read(one)
        await slack.command("edit 7")
        await answered(slack, ML, 1)
        assert slack.views == []


async def test_the_button_under_a_digest_opens_how_digests_come_and_changes_nothing_else(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe cs.LG tide")
        await answered(slack, ML, 0, least=2)
        await slack.presses(ML, "1", BELOW_A_DIGEST, SETTINGS)
        await until(lambda: slack.views, "a form")
        form = slack.views[-1]
        assert block_kit.view_faults(form) == []
        names = [block["block_id"] for block in form["blocks"]]
        assert names == ["form:language", "form:time", "form:notices", "form:limit"]
        before = len(await messages(slack))
        await slack.submits(form, filled(form, limit={"value": "3"}))
        found = await answered(slack, ML, before)
        assert "At most 3 papers" in "".join(map(read, found))
        destination, subscriptions = await stored(app, ML)
        assert destination.limit == 3
        assert [one.query for one in subscriptions] == ["cs.LG tide"]

        await slack.presses(ML, "1", BELOW_A_DIGEST, SETTINGS)
        await until(lambda: len(slack.views) > 1, "the form again")
        again = slack.views[-1]
        before = len(await messages(slack))
        await slack.submits(again, filled(again, limit={"value": None}))
        await answered(slack, ML, before)
        assert (await stored(app, ML))[0].limit == 0


async def test_who_may_not_change_a_channel_gets_no_settings(slack, tmp_path):
    slack.people[GUEST] = {"is_restricted": True}
    async with running(slack, tmp_path):
        await slack.presses(ML, "1", BELOW_A_DIGEST, SETTINGS, user=GUEST)
        (one,) = await answered(slack, ML, 0)
        assert is_private(one, GUEST)
        assert "Only people who manage" in read(one)
        assert slack.views == []


async def test_a_form_of_another_persons_place_changes_nothing(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        await slack.command("subscribe", channel=await slack.direct(ALICE))
        await until(lambda: slack.views, "a form")
        form = slack.views[-1]
        await slack.submits(form, filled(form, any={"value": "x"}), user=GUEST)
        assert (await stored(app, ALICE))[0] is None


async def test_app_home_has_the_persons_own_subscriptions_with_working_buttons(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        await slack.control("open-home", user=ALICE)
        await until(lambda: slack.views, "an empty home")
        direct = await slack.direct(ALICE)
        await slack.command("subscribe cs.LG tide", channel=direct)
        await answered(slack, direct, 0)
        await slack.command("subscribe cs.CL elsewhere", channel=ML)
        await answered(slack, ML, 0, least=2)
        await slack.control("open-home", user=ALICE)
        await until(lambda: len(slack.views) > 1, "a home")
        said = "".join(block_kit.strings(slack.views[-1]["blocks"], "text"))
        assert "cs.LG tide" in said
        assert "elsewhere" not in said
        assert "No digest has been sent here yet" in said

        for action, check in (
            ("command:pause", lambda destination, subs: destination.paused and not subs[0].paused),
            ("command:resume", lambda destination, subs: not destination.paused),
            ("command:remove", lambda destination, subs: subs == []),
        ):
            seen = len(slack.views)
            await slack.presses_at_home(slack.views[-1], action)
            await until(lambda seen=seen: len(slack.views) > seen, "a new home")
            assert check(*await stored(app, ALICE))
        assert (await stored(app, ML))[1]
        assert (await stored(app, ALICE))[0].language is Language.BOTH


async def test_a_home_that_was_opened_yesterday_says_that_a_subscription_is_gone(slack, tmp_path):
    async with running(slack, tmp_path) as app:
        direct = await slack.direct(ALICE)
        await slack.command("subscribe cs.LG tide", channel=direct)
        await answered(slack, direct, 0)
        await slack.control("open-home", user=ALICE)
        await until(lambda: slack.views, "a home")
        yesterdays = slack.views[-1]
        before = len(await messages(slack, direct))
        await slack.command("unsubscribe 1", channel=direct)
        await slack.command("subscribe cs.CL reef", channel=direct)
        await answered(slack, direct, before, least=2)
        for action in ("command:pause", "command:remove", "open:edit"):
            seen = len(slack.views)
            pressed = [one for one in _buttons(yesterdays) if one["action_id"] == action][-1]
            await slack.presses_at_home(
                {**yesterdays, "blocks": [{"type": "actions", "elements": [pressed]}]}, action
            )
            await until(lambda seen=seen: len(slack.views) > seen, "a new home")
            assert slack.views[-1]["type"] == "home"
            said = "".join(block_kit.strings(slack.views[-1]["blocks"], "text"))
            assert "This button's subscription is gone" in said
            assert "cs.CL reef" in said
        assert [(one.query, one.paused) for one in (await stored(app, ALICE))[1]] == [("cs.CL reef", False)]


def test_a_form_of_an_earlier_version_edits_the_subscription_of_its_number():
    made = loaded('["T1/C1", 2, ["en", "09:00", "UTC", "off"], "UTC", "en"]')
    assert made.which == "2"
    assert made.before == ("en", "09:00", "UTC", "off", "")
    assert loaded('["T1/C1", 0, ["", "", "", ""], "UTC", "en"]').which == ""


def _buttons(view):
    return [one for block in view["blocks"] if block["type"] == "actions" for one in block["elements"]]


async def test_a_home_with_many_subscriptions_keeps_the_limits(slack, tmp_path):
    async with running(slack, tmp_path):
        direct = await slack.direct(ALICE)
        for number in range(34):
            await slack.command(f"subscribe cs.LG word{number}", channel=direct)
        await answered(slack, direct, 0, least=34)
        await slack.control("open-home", user=ALICE)
        await until(lambda: slack.views, "a home")
        assert block_kit.view_faults(slack.views[-1]) == []
        assert "and 4 more" in "".join(block_kit.strings(slack.views[-1]["blocks"], "text"))


async def test_a_client_in_traditional_characters_has_form_home_and_answers_in_them(slack, tmp_path):
    slack.people[ALICE] = {"locale": "zh-TW"}
    async with running(slack, tmp_path):
        await slack.command("subscribe")
        await until(lambda: slack.views, "the form")
        await slack.changes(slack.views[-1], filled(slack.views[-1], categories=LG))
        await until(lambda: len(slack.views) > 1, "the form, read back")
        await slack.submits(slack.views[-1], filled(slack.views[-1], categories=LG))
        replies = await answered(slack, ML, 0)
        await slack.control("open-home", user=ALICE)
        await until(lambda: len(slack.views) > 2, "a home")
        texts = [one for view in slack.views for one in block_kit.strings(view, "text") if one != NAME]
        assert "cs.LG 機器學習 Machine Learning" in texts
        assert any("意思是" in one for one in texts)
        assert "新訂閱" in texts
        for text in (*texts, *map(read, replies)):
            assert traditional(text) == text
