"""Outgoing digests through Apprise: Feishu, WeCom, DingTalk, Telegram, Mattermost, Matrix and a hundred more.

A destination's address is a tag of APPRISE_CONFIG, so that no secret is stored, logged or shown. Nothing here is
about a single service: its format and its limit are Apprise's data. Nobody is listened to.
"""

from __future__ import annotations

import html
import json
import logging
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path

from apprise import Apprise as Services
from apprise import AppriseAsset, AppriseConfig, LogCapture, NotifyBase, NotifyFormat

from bot.channels import Channel
from bot.digest import Digest
from bot.errors import ChannelError, SettingsError
from bot.presentation.cards import NAME, digest_lines
from bot.presentation.lines import CardLines
from bot.presentation.links import Link
from bot.settings import EXAMPLES, Settings
from bot.text.inert import inert

_UNKNOWN_LIMIT = 2_000  # for a tag that is not there
_OF_REQUESTS = 10_000  # limits from here on are those of whole requests, in which a character may take six bytes
_NUMBER, _AROUND = 20, 500  # bytes of ` 12/345` with what stands before it, and of what else is in a request
_WORD = re.compile(r"\s*\S{1,40}")
_WHERE = re.compile(r"\b(?:line|entry|item) #?\d+")
_SCHEME = re.compile(r"[\w-]+://")
_SECRET = re.compile(r"[^/?&=@:,\s]{6,}")


def channel(settings: Settings) -> Apprise:
    """The services of APPRISE_CONFIG; SettingsError names a line that Apprise does not take, and shows none."""
    given = settings.apprise_config.get_secret_value() if settings.apprise_config else ""
    if not given:
        raise SettingsError([_fault("must be a file or the text of Apprise's configuration")])
    try:
        text = given if "://" in given else Path(given).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError([_fault(f"the file cannot be read ({type(error).__name__})")]) from None
    logging.getLogger("apprise").propagate = False  # it tells URLs, which are secret
    config = AppriseConfig(asset=AppriseAsset(app_id="Sudi", app_desc=NAME))
    with LogCapture(level=logging.WARNING) as captured:
        config.add_config(text)
        services = config.services()
        said = captured.getvalue()
    if said or not services:
        schemes, lines = _SCHEME.findall(said), text.splitlines()
        where = [f"line {n}" for n, line in enumerate(lines, 1) if any(one in line for one in schemes)]
        raise SettingsError(
            [_fault(f"Apprise does not take {', '.join([*_WHERE.findall(said), *where]) or 'it'}")]
        )
    return Apprise(services)


def _fault(what: str) -> str:
    return f"APPRISE_CONFIG: {what} (for example: APPRISE_CONFIG={EXAMPLES['APPRISE_CONFIG']})"


class Apprise(Channel):
    """The services of one configuration, each under a tag of its own; none tells why it has failed."""

    name = "apprise"
    pace = timedelta(seconds=3)  # the webhooks of most services take 20 messages a minute
    most_copies = 3  # failures in a row
    tells_causes = False
    second_chance = timedelta(days=1)

    def __init__(self, services: Iterable[NotifyBase]) -> None:
        self._services: dict[str, list[NotifyBase]] = {}
        for service in services:
            service.request_rate_per_sec = 0  # the outbox keeps the pace
            for tag in service.tags:
                self._services.setdefault(str(tag), []).append(service)

    def render(self, digest: Digest) -> tuple[str, ...]:
        """Messages in the format of the service, each with its name, and below the limit."""
        service = next(iter(self._services.get(digest.destination.address, ())), None)
        form = service.resolve_format() if service else NotifyFormat.TEXT
        writer = _Writer(form, service.body_maxlen if service else _UNKNOWN_LIMIT)
        parts = writer.packed(_blocks(digest, writer))
        numbered = (f"{part}{writer.gap}{number}/{len(parts)}" for number, part in enumerate(parts, 1))
        return tuple(json.dumps([form, part], ensure_ascii=False) for part in (numbered if parts[1:] else parts))

    def preview(self, bodies: Sequence[str]) -> str:
        """The messages as Apprise gets them."""
        return "\n\n".join(json.loads(body)[1] for body in bodies) + "\n"

    async def send(self, address: str, body: str, key: str) -> str:
        """Hand a message to the service of a tag; the library does not say whether a failure is final."""
        services = self._services.get(address, [])
        if len(services) != 1:
            raise ChannelError(f"APPRISE_CONFIG has {len(services)} services tagged {address}", permanent=True)
        form, text = json.loads(body)
        with await Services(services).async_notify(body=text, body_format=form) as result:
            said = [entry.message for entry in result.logs() if entry.level in ("WARNING", "ERROR")]
        if result:
            return f"{services[0].service_name} took it"
        reason = said[-1] if said else f"{services[0].service_name} has failed"
        for secret in sorted(_SECRET.findall(services[0].url()), key=len, reverse=True):
            reason = reason.replace(secret, "…")
        raise ChannelError(reason[:200], ambiguous=True, retry_after=timedelta(minutes=10))

    async def check(self) -> str:
        """Say which tags there are: a service can be reached only by sending."""
        if several := [tag for tag, services in self._services.items() if len(services) > 1]:
            raise ChannelError(f"APPRISE_CONFIG: each service needs a tag of its own, not {', '.join(several)}")
        return ", ".join(f"{tag} ({one.service_name})" for tag, (one,) in sorted(self._services.items()))

    async def close(self) -> None:
        """Nothing is held."""


class _Writer:
    """One of the three formats; text of others is inert in it."""

    def __init__(self, form: NotifyFormat, limit: int) -> None:
        self._form = form
        self._is_of_requests = limit >= _OF_REQUESTS
        self._limit = limit - _NUMBER - (_AROUND if self._is_of_requests else 0)
        self._end = {NotifyFormat.HTML: "<br />\n", NotifyFormat.MARKDOWN: "  \n"}.get(form, "\n")
        self.gap = self._end + ("\n" if form is NotifyFormat.MARKDOWN else self._end)

    def _fits(self, text: str) -> bool:
        return len(json.dumps(text) if self._is_of_requests else text.encode()) <= self._limit

    def rows(self, text: str, *, bold: bool = False) -> Iterator[str]:
        """A paragraph, split where it is longer than a message."""
        marks = {NotifyFormat.HTML: ("<b>", "</b>"), NotifyFormat.MARKDOWN: ("**", "**")}
        before, after = marks.get(self._form, ("", "")) if bold else ("", "")
        piece = ""
        for word in _WORD.findall(inert(text)):
            escaped = html.escape(word) if self._form is NotifyFormat.HTML else word
            if piece and not self._fits(before + piece + escaped + after):
                yield f"{before}{piece.strip()}{after}"
                piece = ""
            piece += escaped
        if piece:
            yield f"{before}{piece.strip()}{after}"

    def link(self, url: str, text: str) -> str:
        """A link of ours."""
        if self._form is NotifyFormat.HTML:
            return f'<a href="{html.escape(url)}">{html.escape(inert(text))}</a>'
        return f"[{inert(text)}]({url})" if self._form is NotifyFormat.MARKDOWN else f"{inert(text)} {url}"

    def links(self, some: Iterable[Link]) -> Iterator[str]:
        """Links of ours in one line, or in a line each where that is longer than a message."""
        line = " · ".join(made := [self.link(one.url, one.name) for one in some])
        yield from [line] if line and self._fits(line) else made

    def packed(self, blocks: Iterable[Iterable[str]]) -> list[str]:
        """Blocks of rows in messages; only a block that is longer than a message is cut, between two rows."""
        parts: list[str] = []
        for rows in blocks:
            whole = self._end.join(rows)
            gap, pieces = (self.gap, [whole]) if self._fits(whole) else (self._end, whole.split(self._end))
            for piece in pieces:
                if parts and self._fits(parts[-1] + gap + piece):
                    parts[-1] += gap + piece
                else:
                    parts.append(piece)
        return parts


def _blocks(digest: Digest, writer: _Writer) -> Iterator[list[str]]:
    """What a digest says; all of its papers are named, because nobody can ask for more."""
    lines = digest_lines(digest, names_all=True)
    head = [lines.nothing, *lines.warnings, lines.query, lines.coverage, lines.lack]
    yield [*writer.rows(lines.title, bold=True), *(row for text in head for row in writer.rows(text))]
    for number, card in enumerate(lines.cards, 1):
        yield _card(card, number, writer)
    for number, named in enumerate(lines.rest):
        heading = () if number else writer.rows(lines.named, bold=True)
        titles = " / ".join(title.text for title in named.titles)
        yield [*heading, *writer.rows(titles), writer.link(named.url, named.id)]
    for change in lines.changes:
        yield [writer.link(change.url, change.id), *writer.rows(change.said)]
    foot = [writer.link(lines.link, lines.open)] if lines.link else []
    if foot := [*foot, *writer.rows(lines.provenance)]:
        yield foot


def _card(card: CardLines, number: int, writer: _Writer) -> list[str]:
    first, *others = card.titles
    passages = [f"{one.lead}{one.text}" for one in card.lines]
    soft = [card.caution, *(f"{one.lead}{one.text}" for one in card.notes), card.reason, card.facts]
    texts = [*(title.text for title in others), card.authors, *passages, *soft]
    return [
        *writer.rows(f"{number}. {first.text}", bold=True),
        *(row for text in texts for row in writer.rows(text)),
        writer.link(card.url, card.id),
        *writer.links(card.links),
        *(row for one in card.abstracts for row in writer.rows(one.text)),
    ]
