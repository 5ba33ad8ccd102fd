"""The commands: names, aliases, usage, and who answers. Help, command trees and hints of channels come from here.

What a command does, in one sentence of each language, is `command.NAME` in the locale.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from bot.channels import Reply
from bot.commands import linking, mutes, overview, papers, preferences, subscriptions
from bot.commands.request import Request
from bot.commands.typed import shown
from bot.errors import UserError


@dataclass(frozen=True, slots=True)
class CommandSpec:
    """One command. `usage` and `example` are what people type, in any language."""

    name: str
    aliases: tuple[str, ...]
    usage: str
    example: str
    handler: Callable[[Request], Awaitable[Reply]]
    needs_manage: bool = False  # changes what a destination receives

    @property
    def names(self) -> tuple[str, ...]:
        """The name and its aliases."""
        return (self.name, *self.aliases)

    @property
    def takes_query(self) -> bool:
        """Whether what follows may be any words."""
        return "QUERY" in self.usage

    @property
    def needs_query(self) -> bool:
        """Whether it means nothing without a query."""
        return self.usage == f"{self.name} QUERY"


async def answer_help(request: Request) -> Reply:
    """All commands, or one."""
    if not request.argument:
        rows = [request.say("reply.help_row", usage=one.usage, does=_does(request, one)) for one in SPECS]
        return request.reply(request.say("reply.help"), *rows, request.say("reply.help_queries"))
    word = request.argument.removeprefix("/").casefold()
    spec = BY_NAME.get(word) or nearest(word)
    if spec is None:
        raise UserError("error.no_such_command", {"typed": shown(word)})
    return request.reply(
        _does(request, spec),
        request.say("reply.usage", usage=spec.usage, example=spec.example),
        request.say("reply.aliases", aliases=request.say("reply.comma").join(spec.aliases)),
    )


SPECS: tuple[CommandSpec, ...] = (
    CommandSpec(
        "subscribe",
        ("sub", "add", "订阅", "添加"),
        "subscribe QUERY",
        'subscribe cs.LG, cs.CL "kv cache"',
        subscriptions.subscribe,
        needs_manage=True,
    ),
    CommandSpec(
        "unsubscribe",
        ("unsub", "del", "cancel", "delete", "remove", "退订", "取消订阅", "取消", "删除", "移除"),
        "unsubscribe N|QUERY|all",
        "unsubscribe 2",
        subscriptions.unsubscribe,
        needs_manage=True,
    ),
    CommandSpec(
        "list", ("ls", "subscriptions", "列表", "清单", "订阅列表"), "list", "list", subscriptions.list_all
    ),
    CommandSpec(
        "edit",
        ("change", "修改", "编辑"),
        "edit N QUERY",
        "edit 1 cs.LG -survey",
        subscriptions.edit,
        needs_manage=True,
    ),
    CommandSpec(
        "mute",
        ("hide", "block", "屏蔽", "封锁"),
        "mute [QUERY|ID]",
        'mute au:"Ada Invented"',
        mutes.mute,
        needs_manage=True,
    ),
    CommandSpec(
        "unmute",
        ("unhide", "unblock", "取消屏蔽", "解除屏蔽", "取消封锁", "解除封锁"),
        "unmute QUERY|ID|all",
        "unmute all",
        mutes.unmute,
        needs_manage=True,
    ),
    CommandSpec("pause", ("暂停",), "pause [N]", "pause", preferences.pause, needs_manage=True),
    CommandSpec(
        "resume", ("continue", "恢复", "继续"), "resume [N]", "resume", preferences.resume, needs_manage=True
    ),
    CommandSpec(
        "language",
        ("lang", "语言"),
        "language en|zh|both|zh-hant",
        "language both",
        preferences.set_language,
        needs_manage=True,
    ),
    CommandSpec(
        "time",
        ("at", "timezone", "时间", "时区"),
        "time HH:MM [ZONE]",
        "time 09:00 Asia/Shanghai",
        preferences.set_time,
        needs_manage=True,
    ),
    CommandSpec(
        "days",
        ("rhythm", "日程", "频率"),
        "days mon-fri|daily|weekly",
        "days mon-fri",
        preferences.set_days,
        needs_manage=True,
    ),
    CommandSpec(
        "notices",
        ("notice", "heartbeat", "通知", "提示"),
        "notices off|faults|always",
        "notices always",
        preferences.set_notices,
        needs_manage=True,
    ),
    CommandSpec(
        "preview", ("try", "test", "预览", "试试"), "preview QUERY", "preview hep-th axion*", papers.preview
    ),
    CommandSpec("today", ("今天", "今日"), "today [DATE] [PAGE]", "today 2026-06-10 2", papers.today),
    CommandSpec("show", ("paper", "显示", "查看"), "show ID", "show 2606.90001", papers.show),
    CommandSpec("why", ("whynot", "why-not", "explain", "为什么"), "why [ID]", "why 2606.90001", papers.why),
    CommandSpec(
        "email",
        ("link", "邮箱", "邮件", "信箱", "电邮", "电子邮件"),
        "email ADDRESS",
        "email you@example.org",
        linking.link,
    ),
    CommandSpec("status", ("状态",), "status", "status", overview.status),
    CommandSpec(
        "help", ("?", "commands", "帮助", "说明", "使用说明"), "help [COMMAND]", "help subscribe", answer_help
    ),
)


BY_NAME: Mapping[str, CommandSpec] = {name: spec for spec in SPECS for name in spec.names}
"""The commands by name and alias, in lower case."""


def nearest(word: str) -> CommandSpec | None:
    """The command that was probably meant."""
    near = get_close_matches(word, BY_NAME, 1, 0.75)
    return BY_NAME[near[0]] if near else None


def _does(request: Request, spec: CommandSpec) -> str:
    return request.say(f"command.{spec.name}")
