"""The answer to a mail, and the mail that asks somebody to confirm. Pure."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from bot.channels import Reply
from bot.channels.email.incoming import ParsedEmail
from bot.channels.email.outgoing import OutgoingEmail
from bot.channels.email.pages import BASE64, MOST_BYTES
from bot.locale import say
from bot.presentation.cards import NAME, cards_lines
from bot.text.harmless import harmless


def answer(reply: Reply, of: ParsedEmail) -> OutgoingEmail:
    """What is said to a mail, below it in its thread; said twice, it is the same message."""
    return OutgoingEmail(
        id=f"sudi.answer.{of.key[:32]}",
        subject=_subject(reply),
        text=_text(reply),
        answers=of.thread,
        is_answer=True,
        attachment=(reply.attachment.name, reply.attachment.text) if reply.attachment else (),
    )


def question(reply: Reply) -> OutgoingEmail:
    """What is asked of a mailbox that has not written."""
    unique = hashlib.sha256(reply.token.encode()).hexdigest()[:32]
    return OutgoingEmail(id=f"sudi.question.{unique}", subject=_subject(reply), text=_text(reply), is_answer=True)


def _subject(reply: Reply) -> str:
    """Ask in our own words, because anybody may have written the mail; with the token that an answer carries."""
    locale = reply.interface
    if not reply.token:
        return f"{NAME} · {say('mail.answer_subject', locale)}"
    return f"{NAME} · {say('mail.confirm_subject', locale)} [{reply.token}]"


def _text(reply: Reply) -> str:
    """The text, and as many papers whole as a mail may have bytes; the others are named."""
    cards = cards_lines(reply.cards, reply.language, locale=reply.interface)
    said = {"text": harmless(reply.text), "foot": say("mail.foot", reply.interface)}
    for whole in range(len(cards), -1, -1):
        text = _template().render(**said, cards=cards[:whole], named=cards[whole:])
        if len(text.encode()) * BASE64 <= MOST_BYTES:
            break
    return text


@functools.cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # noqa: S701  # plain text
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("answer.txt.jinja")
