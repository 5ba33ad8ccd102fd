"""The commands as channels call them: each event is answered once, and a fault of ours ends no conversation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from bot.channels import Invocation, Reply
from bot.commands import Commands, CommandSpec
from bot.commands.email_workflow import EmailWorkflow
from bot.locale import say
from bot.model import Language
from bot.store import Store
from bot.store.chunks import repeated
from bot.supervision import supervised


class CommandGuard:
    """Answers commands of all channels; a bug becomes a polite sentence and a log entry."""

    def __init__(
        self, commands: Commands, email_workflow: EmailWorkflow, store: Store, clock: Callable[[], datetime]
    ) -> None:
        self._commands = commands
        self._email_workflow = email_workflow
        self._store = store
        self._clock = clock

    @property
    def specs(self) -> tuple[CommandSpec, ...]:
        """All commands."""
        return self._commands.specs

    async def __call__(self, invocation: Invocation) -> Reply:
        """Answer a command; an event that a channel tells twice gets an empty reply."""
        replies: list[Reply] = []

        async def answer() -> None:
            event = f"{invocation.channel}:{invocation.event}"
            if invocation.event and not await self._store.first_time(event, self._clock()):
                replies.append(Reply("", Language.EN))
            else:
                reply = await self._commands(invocation)
                replies.append(await self._email_workflow.invite(reply, invocation) if reply.mailbox else reply)

        if not await supervised("command", answer):
            language = Language.EN if invocation.language in (None, Language.BOTH) else invocation.language
            return Reply(say("error.internal", language.value), language)
        return replies[0]

    async def left(self, channel: str, rate_limit_scope: str, reason: str) -> int:
        """Pause the destinations of a workspace or server that has removed the bot; nobody there can be told."""
        return await repeated(
            self._store,
            lambda tx, most: tx.subscribers.pause_some(channel, rate_limit_scope, reason, most, self._clock()),
        )

    async def moved(self, channel: str, before: str, after: str) -> bool:
        """Give a destination its new address; its subscriptions go on there."""
        async with self._store.write() as tx:
            return await tx.subscribers.move(channel, before, after)
