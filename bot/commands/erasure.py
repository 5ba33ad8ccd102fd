"""The command by which a person is forgotten: it says what goes and what stays, and asks once."""

from __future__ import annotations

from bot.channels import Reply
from bot.commands.request import Request
from bot.errors import UserError
from bot.text.variants import simplified
from bot.verbs import Verb

_YES = frozenset({"yes", "me yes", "是", "确认", "是的"})


async def forget(request: Request) -> Reply:
    """Erase what is known of the person who asks, once that is confirmed."""
    if not request.is_private:
        raise UserError("error.forget_here")
    invocation = request.invocation
    async with request.store.read() as tx:
        known = await tx.erasure.known(invocation.channel, invocation.sender)
    names = request.say("reply.comma").join(f"{channel} {address}" for channel, address in known.identities)
    sure = f"{Verb.FORGET.typed(request.language)} {request.say('reply.yes')}"
    if simplified(request.argument.casefold()) not in _YES:
        return request.reply(
            request.say("reply.forget_what", names=names, n=known.subscriptions),
            request.say("reply.forget_kept", n=known.shared),
            request.say("reply.forget_confirm", command=sure),
        )
    async with request.store.write() as tx:
        await tx.erasure.forget(known)
    return request.reply(
        request.say("reply.forgotten", names=names), request.say("reply.forget_kept", n=known.shared)
    )
