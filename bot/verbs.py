"""The verbs of the commands, in English and Chinese. What each does is decided in `commands/specs.py`. Pure."""

from __future__ import annotations

import enum

PREFIX = "/papers"
"""What a command begins with in a chat."""


class Verb(enum.StrEnum):
    """A verb, which is the name of its command, and its aliases in lower case."""

    aliases: tuple[str, ...]

    def __new__(cls, name: str, *aliases: str) -> Verb:
        """Keep the aliases beside the value."""
        verb = str.__new__(cls, name)
        verb._value_ = name
        verb.aliases = aliases
        return verb

    SUBSCRIBE = "subscribe", "sub", "add", "订阅", "添加", "新增"
    UNSUBSCRIBE = (
        *("unsubscribe", "unsub", "del", "cancel", "delete", "remove"),
        *("退订", "取消订阅", "取消", "删除", "移除", "退出订阅", "停止订阅", "解除订阅", "不再订阅"),
    )
    LIST = "list", "ls", "subscriptions", "列表", "清单", "订阅列表", "订阅清单", "我的订阅"
    EDIT = "edit", "change", "修改", "编辑"
    MUTE = "mute", "hide", "block", "屏蔽", "封锁", "静音"
    UNMUTE = "unmute", "unhide", "unblock", "取消屏蔽", "解除屏蔽", "取消封锁", "解除封锁", "取消静音"
    PAUSE = "pause", "暂停", "暂停推送", "停止推送"
    RESUME = "resume", "continue", "恢复", "继续", "恢复推送", "恢复订阅"
    LANGUAGE = "language", "lang", "语言", "语系"
    TIME = "time", "at", "timezone", "时间", "时区"
    DAYS = "days", "rhythm", "日程", "频率"
    LIMIT = "limit", "max", "at-most", "上限", "篇数", "最多"
    NOTICES = "notices", "notice", "heartbeat", "通知", "提示"
    PREVIEW = "preview", "try", "test", "预览", "试试"
    NOW = "now", "send", "现在", "立即", "马上", "立即发送"
    SAMPLE = "sample", "demo", "示例", "样例", "范例"
    TODAY = "today", "今天", "今日"
    SAVE = "save", "keep", "bookmark", "收藏", "保存", "储存"
    SAVED = "saved", "library", "bookmarks", "已收藏", "我的收藏", "收藏夹"
    UNSAVE = "unsave", "取消收藏", "移除收藏", "取消保存", "取消储存"
    CITE = "cite", "bibtex", "bib", "引用", "导出引用"
    FOLLOW = "follow", "关注作者", "关注", "追踪"
    SHOW = "show", "paper", "显示", "查看", "检视"
    WHY = "why", "whynot", "why-not", "explain", "为什么"
    EMAIL = "email", "link", "邮箱", "邮件", "信箱", "电邮", "电子邮件"
    FORGET = "forget", "erase", "忘记", "忘记我", "遗忘"
    STATUS = "status", "状态"
    HELP = "help", "?", "commands", "帮助", "说明", "使用说明", "求助", "命令"

    def typed(self, locale: str) -> str:
        """The verb as people type it who read a language."""
        return self.value if locale == "en" else next(one for one in self.aliases if not one.isascii())

    @property
    def names(self) -> tuple[str, ...]:
        """The verb and its aliases."""
        return (self.value, *self.aliases)
