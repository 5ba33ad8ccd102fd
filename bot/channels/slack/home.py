"""App Home: one person's own subscriptions with buttons, and how things stand. Pure."""

from __future__ import annotations

from typing import Any

from bot.channels import Reply
from bot.channels.slack.blocks import Block, button, buttons, paragraphs, words
from bot.channels.slack.render import COMMAND
from bot.locale import say
from bot.model import Subscription
from bot.presentation.cards import NAME
from bot.text.harmless import harmless
from bot.verbs import Verb

NEW, EDIT = "open:new", "open:edit"
"""The actions that open the form."""

NEW_ONE = "new"
"""The value of the button that opens it empty."""

_SHOWN = 30  # subscriptions: three blocks each, and Slack takes 100


def home(listed: Reply, status: Reply, locale: str, said: str = "") -> dict[str, Any]:
    """The home tab; `listed` and `status` are what the commands `list` and `status` say.

    `said` is the answer to a button, if one was pressed.
    """
    known = listed.subscriptions[:_SHOWN]
    more = len(listed.subscriptions) - len(known)
    paused = bool(listed.destination and listed.destination.paused)
    general = [button(say("slack.home_new", locale), NEW, NEW_ONE, style="primary")]
    if listed.destination:
        verb = Verb.RESUME if paused else Verb.PAUSE
        general.append(button(say(f"slack.home_{verb}_all", locale), f"{COMMAND}:{verb}", verb))
    return {
        "type": "home",
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": NAME, "emoji": False}},
            *_lines(said),
            buttons(general),
            *(block for one in known for block in _subscription(one, locale)),
            *(paragraphs([[words(say("slack.home_more", locale, n=more))]]) if more else []),
            {"type": "divider"},
            *_lines(status.text),
        ],
    }


def _subscription(one: Subscription, locale: str) -> list[Block]:
    key = "reply.row_paused" if one.paused else "reply.row"
    verb = Verb.RESUME if one.paused else Verb.PAUSE
    confirm = {
        "title": _plain(say("slack.home_remove", locale)),
        "text": _plain(one.query[:300]),
        "confirm": _plain(say("slack.home_remove", locale)),
        "deny": _plain(say("slack.form_close", locale)),
    }
    shown = [
        button(say(f"slack.home_{verb}", locale), f"{COMMAND}:{verb}", f"{verb} {one.reference}"),
        button(say("slack.home_edit", locale), EDIT, one.reference),
        button(
            say("slack.home_remove", locale),
            f"{COMMAND}:remove",
            f"{Verb.UNSUBSCRIBE} {one.reference}",
            confirm=confirm,
        ),
    ]
    row = words(say(key, locale, number=one.number, query=one.query), bold=True)
    return [{"type": "divider"}, *paragraphs([[row]]), buttons(shown)]


def _lines(text: str) -> list[Block]:
    return paragraphs([words(row)] for row in harmless(text).splitlines() if row.strip())


def _plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text, "emoji": False}
