"""The command that links a mailbox to a person; it takes effect when the mailbox has confirmed."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.channels import Reply
from bot.commands.request import Request
from bot.commands.typed import shown
from bot.errors import UserError

_MAILBOX = re.compile(r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_MAIL = "email"


async def link(request: Request) -> Reply:
    """Ask a mailbox whether it is that of the person; the channel of mails writes to it."""
    typed = request.argument.removeprefix("mailto:").casefold()
    mailboxes = request.defaults.mailboxes
    if not mailboxes.are_there:
        raise UserError("error.no_mail")
    if request.invocation.channel == _MAIL:
        raise UserError("error.link_elsewhere")
    if not _MAILBOX.fullmatch(typed):
        raise UserError("error.not_a_mailbox", {"typed": shown(request.argument)})
    if not mailboxes.may(typed):
        raise UserError("error.mailbox_not_allowed", {"typed": typed})
    return replace(request.reply(request.say("reply.mailbox_asked", mailbox=typed)), mailbox=typed)
