"""What readers of `soak` have, as the servers at the other end know it."""

from __future__ import annotations

import email
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from email.policy import default

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.channels.mailservers import Mailboxes
from tests.counterparts.discord_site import DiscordSite
from tests.scenarios.several import QuickSlack

_PAPER = re.compile(r"\b26\d\d\.\d{5}(?!\d)")


@dataclass(frozen=True, slots=True)
class Seen:
    """One message: whose it is, the first message of its digest, what tells it from others, and its papers."""

    where: str
    digest: str
    key: str
    papers: frozenset[str]


@dataclass
class SlackReaders(QuickSlack):
    """A Slack that remembers what its channels show."""

    seen: list[Seen] = field(default_factory=list)

    async def _post(self, request: web.Request) -> web.Response:
        asked = await request.json()
        key, stamp = asked["metadata"]["event_payload"]["key"], f"1.{len(self.posts) + 1:06}"
        digest = asked.get("thread_ts") or stamp
        self.seen.append(Seen(asked["channel"], digest, key, papers(json.dumps(asked["blocks"]))))
        return await super()._post(request)


@dataclass
class DiscordReaders(DiscordSite):
    """A Discord that tells what its channels and threads show."""

    @property
    def seen(self) -> Iterator[Seen]:
        """All messages; what is in a thread belongs to the message that it is of."""
        for one in self.messages:
            thread = self.threads.get(one.channel)
            where = thread["parent_id"] if thread else one.channel
            digest = one.channel if thread else one.id
            yield Seen(where, digest, one.id, papers(json.dumps(one.body)))


class MailReaders(Mailboxes):
    """A mail server that keeps of each mail what has to be counted."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[Seen] = []
        self.answers = Counter[str]()  # by the Message-ID that they answer

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        """Take it."""
        mail = email.message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        if not mail["List-Unsubscribe"]:  # no digest
            self.answers[str(mail["In-Reply-To"] or "")] += 1
        elif (body := mail.get_body(("plain",))) is not None:
            found, key = papers(body.get_content()), str(mail["Message-ID"])
            self.seen += [Seen(one, key, key, found) for one in envelope.rcpt_tos if found]
        return "250 OK queued as 4F2A"


def papers(text: str) -> frozenset[str]:
    """The numbers of papers in a text."""
    return frozenset(_PAPER.findall(text))


@dataclass(frozen=True, slots=True)
class Tally:
    """What is wrong with what arrived; each is a count, and `examples` says some of it."""

    messages: int
    lost: int  # papers that a destination should have and has not
    repeated: int  # messages that came again, under the name that they had
    doubled: int  # papers in more than one digest of a destination
    examples: list[str]


def tallied(seen: Iterable[Seen], destinations: Iterable[str], wanted: frozenset[str]) -> Tally:
    """Compare what arrived with what all destinations should have."""
    messages = list(seen)
    digests: dict[tuple[str, str], set[str]] = {}
    for one in messages:
        for paper in one.papers:
            digests.setdefault((one.where, paper), set()).add(one.digest)
    lost = [(where, paper) for where in destinations for paper in wanted if (where, paper) not in digests]
    again = {key: n for key, n in Counter((one.where, one.key) for one in messages).items() if n > 1}
    doubled = {key: found for key, found in digests.items() if len(found) > 1 and key[1] in wanted}
    examples = [*map(str, lost[:3]), *map(str, list(again.items())[:3]), *map(str, list(doubled.items())[:3])]
    return Tally(len(messages), len(lost), sum(again.values()) - len(again), len(doubled), examples)
