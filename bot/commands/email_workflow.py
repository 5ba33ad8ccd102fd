"""Answers by mail, where a sender's name proves nothing: what changes something waits until it is confirmed.

::

    mail -> read-only commands are answered, to the address that the mail names and nowhere else
         -> the others are kept for a day -> a token, to that address -> page or answer -> they are done, once

A mail that carries the token of a digest speaks for the mailbox that got it. Nobody hears of anybody else's.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.channels import Channel, IncomingEmail, Invocation, Reply
from bot.commands import Commands, explained
from bot.commands.email_parser import EmailCommand, EmailCommands, commands_in, is_yes
from bot.commands.mailboxes import SECOND_CHANCE, mailbox_of
from bot.commands.request import read_query
from bot.commands.zones import zone_name, zones_at
from bot.errors import ChannelError, UserError
from bot.locale import say
from bot.model import Destination, Language, Paper, Slot, Subscription
from bot.pending import waiting_for
from bot.query import Query, stored
from bot.store import Store
from bot.store.incoming_emails import Taken, Unconfirmed
from bot.text.normal import has_han
from bot.tokens import Links, Purpose
from bot.verbs import Verb

log = logging.getLogger(__name__)

CHANNEL = "email"

_OF_READERS, _OF_STRANGERS = 30, 5  # answers to one address within an hour
_CONFIRMATIONS = 5  # of one mailbox, or one person, within an hour
_OF_ALL = 100  # answers to strangers, and confirmations, of the whole installation within an hour
_SOFT_BOUNCES = 5  # in a row

Send = Callable[[Reply], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class MailboxState:
    """How things stand with a mailbox: what it asks for, and what comes next."""

    destination: Destination
    subscriptions: list[Subscription]
    waiting: int  # papers that the next digest would have by now
    due: datetime
    rates: Mapping[str, float]  # papers a day by query, of those of which that can be said


@dataclass(frozen=True, slots=True)
class Outlook:
    """What queries that wait for a confirmation will bring, and how it will come."""

    language: Language
    slot: Slot
    rates: Mapping[str, float]  # papers a day by query


class EmailWorkflow:
    """Answers mails and the pages of the site; the app hands it to both."""

    def __init__(
        self,
        commands: Commands,
        store: Store,
        links: Links,
        clock: Callable[[], datetime],
        *,
        channel: Channel | None = None,
        confirmation: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`channel` is that of mails, if there is one; `confirmation` is told what arXiv writes."""
        self._commands = commands
        self._store = store
        self._links = links
        self._clock = clock
        self._channel = channel
        self._confirmation = confirmation

    @property
    def address(self) -> str:
        """Where commands are mailed to; empty where no mails are read."""
        return self._commands.mailboxes.address

    async def announced(self, text: str) -> bool:
        """Hand on what is in a mail that is really from arXiv; False when that is still to be done."""
        return self._confirmation is None or await _is_done(self._confirmation(text))

    async def receive(self, mail: IncomingEmail, send: Send) -> bool:
        """Answer a mail, once over all processes and crashes; False when that is still to be done."""
        return await _is_done(self._receive(mail, send))

    async def _receive(self, mail: IncomingEmail, send: Send) -> bool:
        if not (mail.token or self._commands.mailboxes.may(mail.sender)):
            log.info("mail_left key=%.8s reason=not in BOT_EMAIL_ALLOW", mail.key)
            return True
        taken = await self._take(mail)
        if taken is not Taken.OURS:
            log.info("mail_left key=%.8s reason=%s", mail.key, taken.name.lower())
            return taken is not Taken.BUSY
        reply = await self._answer(mail)
        try:
            await send(reply)
        except ChannelError as error:
            log.warning("mail_not_answered key=%.8s reason=%s", mail.key, error.reason)
            if not error.permanent:
                return False
        async with self._store.write() as tx:
            await tx.incoming_emails.finish(mail.key)
        return True

    async def _take(self, mail: IncomingEmail) -> Taken:
        sender = hashlib.sha256(mailbox_of(mail.sender).encode()).hexdigest()
        async with self._store.write() as tx:
            is_reader = await tx.subscribers.destination(CHANNEL, mail.sender) is not None
            if is_reader:
                return await tx.incoming_emails.take(mail.key, sender, self._clock(), _OF_READERS)
            return await tx.incoming_emails.take(
                mail.key, sender, self._clock(), _OF_STRANGERS, of_strangers=_OF_ALL
            )

    async def _answer(self, mail: IncomingEmail) -> Reply:
        found = commands_in(mail.lines)
        changes = [one.text for one in found.commands if one.spec.is_change]
        # Whoever has a digest may change what its mailbox gets; to be told of it is for the mailbox alone.
        if changes and mail.token and (destination := await self.destination(mail.token)) is not None:
            return await self._done(destination.address, changes)
        if mail.token:
            return await self._said_yes_or_no(mail)
        if not found.commands:
            return await self._not_understood(mail, found)
        said = [await self._command(mail.sender, one.text) for one in found.commands if not one.spec.is_change]
        wanted = [one for one in found.commands if one.spec.is_change]
        if wanted:
            said.append(await self._asked_back(mail, wanted))
        if found.error:
            said.append(Reply(explained(found.error, said[0].interface), said[0].language))
        return _together(said)

    async def _said_yes_or_no(self, mail: IncomingEmail) -> Reply:
        """An answer to a question of ours; its subject is ours too, and no command."""
        own = mail.lines[1:]
        if not is_yes(own) and commands_in(own).commands:
            return await self._answer(replace(mail, lines=own, token=""))
        if is_yes(own) or await self.asked(mail.token) is None:
            return await self.confirm(mail.token, mail.key)
        locale = await self._locale(mail.sender, "")
        return Reply(say("mail.by_answer", locale), Language(locale))

    async def _not_understood(self, mail: IncomingEmail, found: EmailCommands) -> Reply:
        locale = await self._locale(mail.sender, " ".join(mail.lines[:1]))
        lines = [explained(found.error, locale)] if found.error else [say("mail.no_command", locale)]
        return Reply("\n".join([*lines, say("mail.how_to", locale)]), Language(locale))

    async def _asked_back(self, mail: IncomingEmail, wanted: list[EmailCommand]) -> Reply:
        """Keep what would change something, and ask whether it is meant; what cannot be read is said at once."""
        text = "\n".join(one.text for one in wanted)
        locale = await self._locale(mail.sender, text)
        if (fault := _fault(wanted)) is not None:
            return Reply(explained(fault, locale), Language(locale))
        wish = Unconfirmed(0, mail.sender, text)
        kept = await self._kept(mail.key, wish, locale)
        if kept is None:
            return Reply(say("mail.too_many", locale), Language(locale))
        zones = await self._offered(mail, wanted, locale)
        return replace(kept, text="\n".join(filter(None, (kept.text, zones))))

    async def _offered(self, mail: IncomingEmail, wanted: list[EmailCommand], locale: str) -> str:
        """The zones by which a new mailbox may have been written from; its clock is no more than a hint."""
        async with self._store.read() as tx:
            is_known = await tx.subscribers.destination(CHANNEL, mail.sender) is not None
        now, slot = self._clock(), self._commands.defaults.slot
        here = now.astimezone(ZoneInfo(slot.zone)).utcoffset()
        if is_known or mail.offset in (None, here) or any(one.spec.name == Verb.TIME for one in wanted):
            return ""
        assert mail.offset is not None  # noqa: S101  # see above
        zones = zones_at(mail.offset, now)
        verb = Verb.TIME.typed(locale)
        commands = say("card.comma", locale).join(f"{verb} {slot.clock} {zone}" for zone in zones)
        return say("mail.zones", locale, zone=zone_name(slot.zone), commands=commands) if zones else ""

    async def invite(self, reply: Reply, person: Invocation) -> Reply:
        """Ask a mailbox whether it is that of a person elsewhere; what that person is told."""
        locale = reply.interface
        wish = Unconfirmed(0, reply.mailbox, "", person.channel, person.sender)
        unique = f"{person.channel} {person.sender} {reply.mailbox} {self._clock()}"
        question = await self._kept(hashlib.sha256(unique.encode()).hexdigest(), wish, locale)
        if question is None:
            return replace(reply, text=say("mail.too_many", locale))
        try:
            if self._channel is None:
                raise ChannelError("the channel of mails is not in BOT_CHANNELS")
            await self._channel.ask(reply.mailbox, question)
        except ChannelError as error:
            log.warning("mailbox_not_asked reason=%s", error.reason)
            return replace(reply, text=say("mail.not_sent", locale))
        return reply

    async def _kept(self, key: str, wish: Unconfirmed, locale: str) -> Reply | None:
        now = self._clock()
        async with self._store.write() as tx:
            mailbox = mailbox_of(wish.address)
            kept = await tx.incoming_emails.ask(
                key, wish, now, mailbox=mailbox, limit=_CONFIRMATIONS, of_all=_OF_ALL
            )
        if kept is None:
            return None
        page = self._links.confirm(kept.id, now)
        lines = [
            say("mail.nothing_yet", locale),
            *in_words(kept, locale),
            "",
            *([say("mail.by_page", locale, url=page)] if page else []),
            say("mail.by_page_or_answer" if page else "mail.by_answer", locale),
            say("mail.once", locale),
        ]
        token = self._links.tokens.sign(Purpose.CONFIRM, kept.id, now)
        return Reply("\n".join(lines), Language(locale), token=token)

    async def asked(self, token: str) -> Unconfirmed | None:
        """Return what a token confirms; None for a wrong, expired or used token."""
        number = self._links.tokens.read(Purpose.CONFIRM, token, self._clock())
        if number is None:
            return None
        async with self._store.read() as tx:
            return await tx.incoming_emails.unconfirmed(number)

    async def confirm(self, token: str, by: str) -> Reply:
        """Do what was asked for; `by` names this attempt: only the first one to confirm is heard."""
        number = self._links.tokens.read(Purpose.CONFIRM, token, self._clock())
        wish = None
        if number is not None:
            async with self._store.write() as tx:
                wish = await tx.incoming_emails.use(number, by)
        if wish is None:
            return Reply("\n".join(say("mail.old_token", locale) for locale in ("en", "zh")), Language.EN)
        if wish.person:
            return await self._linked(wish)
        return await self._done(wish.address, wish.text.splitlines())

    async def _linked(self, wish: Unconfirmed) -> Reply:
        locale = await self._locale(wish.address, "")
        async with self._store.write() as tx:
            await tx.subscribers.link((CHANNEL, wish.address), (wish.channel, wish.person), self._clock())
        values = {"mailbox": wish.address, "channel": wish.channel.capitalize()}
        return Reply(say("mail.linked", locale, **values), Language(locale))

    async def destination(self, token: str) -> Destination | None:
        """Return the mailbox that a token is for; None for a wrong or expired token."""
        number = self._links.tokens.read(Purpose.MANAGE, token, self._clock())
        if number is None:
            return None
        async with self._store.read() as tx:
            found = await tx.subscribers.find_destination(number)
        return found if found and found.channel == CHANNEL else None

    async def subscriptions(self, destination: Destination) -> list[Subscription]:
        """What a mailbox asks for."""
        async with self._store.read() as tx:
            return await tx.subscribers.subscriptions(destination.id)

    async def paper(self, paper_id: str) -> Paper | None:
        """The newest version of a paper that is stored."""
        async with self._store.read() as tx:
            return await tx.papers.newest(paper_id)

    async def state(self, destination: Destination) -> MailboxState:
        """How things stand with a mailbox."""
        due = destination.slot.next_after(self._clock())
        async with self._store.read() as tx:
            known = await tx.subscribers.subscriptions(destination.id)
            waiting = len((await waiting_for(tx, destination.id)).papers) if known else 0
        rates = await self._rates(one.query for one in known)
        return MailboxState(destination, known, waiting, due, rates)

    async def outlook(self, wish: Unconfirmed) -> Outlook:
        """What a confirmation will bring, to a mailbox that may be new."""
        async with self._store.read() as tx:
            destination = await tx.subscribers.destination(CHANNEL, wish.address)
        found = commands_in(wish.text.splitlines()).commands
        rates = await self._rates(one.argument for one in found if one.spec.name == Verb.SUBSCRIBE)
        usual = destination or self._commands.defaults
        return Outlook(usual.language, usual.slot, rates)

    async def _rates(self, texts: Iterable[str]) -> dict[str, float]:
        queries = map(stored, texts)
        return await self._commands.rates.of(one for one in queries if isinstance(one, Query))

    async def manage(self, destination: Destination, text: str, locale: Language) -> Reply:
        """Do one command for a mailbox whose token was shown."""
        return await self._command(destination.address, text, locale)

    async def bounced(self, key: str, destination_id: int, reason: str, *, permanent: bool) -> bool:
        """A mail did not arrive: a hard bounce stops a mailbox at once, soft ones when there are five in a row."""
        return await _is_done(self._bounced(key, destination_id, reason, permanent=permanent))

    async def _bounced(self, key: str, destination_id: int, reason: str, *, permanent: bool) -> None:
        now = self._clock()
        async with self._store.write() as tx:
            destination = await tx.subscribers.find_destination(destination_id)
            is_new = await tx.incoming_emails.take(key, "bounce", now, limit=1_000_000) is Taken.OURS
            if destination is None or destination.channel != CHANNEL or not is_new:
                return
            await tx.incoming_emails.finish(key)
            count = await tx.subscribers.count_bounce(destination.id, now)
            stops = (permanent or count >= _SOFT_BOUNCES) and not destination.paused
            if stops:
                await tx.subscribers.refuse(destination.id, reason, now, SECOND_CHANCE)
        log.info(
            "bounced destination=%d permanent=%s in_a_row=%d stops=%s", destination.id, permanent, count, stops
        )

    async def _done(self, address: str, texts: list[str]) -> Reply:
        return _together([await self._command(address, text) for text in texts])

    async def _command(self, address: str, text: str, locale: Language | None = None) -> Reply:
        return await self._commands(Invocation(CHANNEL, address, address, text, locale))

    async def _locale(self, address: str, text: str) -> str:
        async with self._store.read() as tx:
            destination = await tx.subscribers.destination(CHANNEL, address)
        if destination and destination.language.plain is not Language.BOTH:
            return destination.language.locales[0]
        return "zh" if has_han(text) else "en"


async def _is_done(step: Awaitable[object]) -> bool:
    """Whether a step was done; not when it says so, or when the database is away: the mail waits for it."""
    try:
        return await step is not False
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        log.warning("mail_waits cause=%s", type(error).__name__)
        return False


def in_words(wish: Unconfirmed, locale: str) -> list[str]:
    """What a token would confirm, a line for each."""
    if wish.person:
        return [f"• {say('mail.link', locale, mailbox=wish.address, channel=wish.channel.capitalize())}"]
    return [f"• {line}" for line in wish.text.splitlines()]


def _fault(wanted: list[EmailCommand]) -> UserError | None:
    """What is wrong with the first query that cannot be read: better said before somebody confirms it."""
    for one in wanted:
        try:
            if one.spec.name == Verb.SUBSCRIBE:
                read_query(one.argument)
        except UserError as error:
            return error
    return None


def _together(replies: list[Reply]) -> Reply:
    """Several answers in one mail."""
    first = replies[0]
    if len(replies) == 1:
        return first
    cards = tuple(card for one in replies for card in one.cards)
    language = next((one.language for one in replies if one.cards), first.language)
    token = next((one.token for one in replies if one.token), "")
    text = "\n\n".join(one.text for one in replies)
    attachment = next((one.attachment for one in replies if one.attachment), None)
    return replace(
        first, text=text, language=language, locale=first.interface, cards=cards, token=token,
        attachment=attachment,
    )  # fmt: skip
