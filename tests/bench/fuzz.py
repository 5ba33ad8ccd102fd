"""`python -m tests.bench fuzz [--share S]`: whatever strangers and odd servers say, from fixed seeds.

Each of it comes to an answer, a fault or one clear error. Whatever else comes of it is printed, with its number:
the same seed makes it again. A hundredth of it is in the suite.
"""

from __future__ import annotations

import asyncio
import logging
import random
import resource
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import httpx2 as httpx
import pytest

from bot import serving, web
from bot.channels.slack.blocks import escaped
from bot.commands import Commands
from bot.commands.email_parser import commands_in
from bot.commands.email_workflow import EmailWorkflow
from bot.errors import MaskError, QueryError, SourceError
from bot.locale import say
from bot.query import parse
from bot.settings import Settings
from bot.sources import arxiv_api, arxiv_feed, arxivdaily
from bot.sources.arxiv_listing import joined
from bot.sources.arxiv_listing.page import sheet
from bot.store import Store
from bot.store.migrate import migrate
from bot.summaries import Answer, Job, TextField, answers, completions, prompt
from bot.summaries.chain import judge
from bot.summaries.completions import NotACompletionError
from bot.text.normal import flat
from bot.tokens import Links, Tokens
from bot.web import Room, Site
from tests import PATIENCE
from tests.bench import hostile, mails
from tests.commands.conftest import DEFAULTS
from tests.fakes import HandClock, ingest, listing, paper
from tests.sources import mutations
from tests.web.test_strangers import served

SEED = 20260610
COUNTS = {"mails": 200_000, "queries": 50_000, "pages": 20_000, "requests": 20_000, "answers": 10_000}
LOCALES = ("en", "zh")
SLOWEST = 2.0  # seconds of CPU for one of them
_AT_ONCE = 40
_SILENCE = 0.3  # seconds after which a request that does not end is given up
_SHOWN = 20

Judge = Callable[[random.Random, int], str]
"""Make one and say in a word what comes of it; whatever is raised is a fault."""


@dataclass
class Found:
    """What came of many."""

    name: str
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    slowest: float = 0.0
    slowest_number: int = 0

    def __str__(self) -> str:
        said = ", ".join(f"{count:,} {outcome}" for outcome, count in self.outcomes.most_common(8))
        slow = f"the slowest {self.slowest * 1000:.0f} ms (number {self.slowest_number})"
        return f"{sum(self.outcomes.values()):,} {self.name}: {said}; {self.seconds:.0f} s of CPU, {slow}"


def tried(name: str, count: int, judged: Judge) -> Found:
    """Make so many, each from its own seed, and judge them."""
    found = Found(name)
    for number in range(count):
        before = time.process_time()
        try:
            outcome = judged(random.Random(f"{SEED} {name} {number}"), number)
        except Exception as error:  # that there is none is what is tried
            where = traceback.extract_tb(error.__traceback__)[-1]
            outcome = "broken"
            found.faults.append(
                f"{name} {number}: {type(error).__name__} {str(error)[:200]} at {where.filename}:{where.lineno}"
            )
        took = time.process_time() - before
        found.outcomes[outcome] += 1
        found.seconds += took
        if took > found.slowest:
            found.slowest, found.slowest_number = took, number
    if found.slowest > SLOWEST:
        found.faults.append(f"{name} {found.slowest_number} takes {found.slowest:.1f} s")
    return found


def _ensure(is_so: bool, what: str) -> None:
    if not is_so:
        raise AssertionError(what)


def mail(choose: random.Random, _number: int) -> str:
    """One mail that comes in."""
    return mails.outcome(mails.invented(choose))


def query(choose: random.Random, _number: int) -> str:
    """One line as a query, and as a command in a mail: a query that is read back as the same, or one sentence."""
    text = hostile.query(choose)
    _ = commands_in((text, f"subscribe {text}"))
    try:
        read = parse(text)
    except QueryError as error:
        said = [say(error.key, locale, **error.values) for locale in LOCALES]
        _ensure(all(said), str(error))
        _ensure(0 <= error.position <= len(text), f"{error.position} of {text!r}")
        return error.key
    again = parse(str(read))
    assert again == read, f"{text!r} is read back as {again}"
    assert str(again) == str(read), text
    return "query"


def page(choose: random.Random, number: int) -> str:
    """One page or feed: as it should be but for some damage, or wild."""
    names = list(mutations.PAGES)
    if number % 2:
        verdict = mutations.judge(names[number // 2 % 3], number)
        assert not verdict.wrong, verdict.wrong
        return verdict.outcome
    body = hostile.damaged(mutations.PAGES[choose.choice(names)], choose)
    found, category = 0, mutations.CATEGORY
    ways: list[Callable[[], object]] = [
        lambda: arxiv_feed.parse(body, category),
        lambda: joined(category, [sheet(body, category)]),
        lambda: arxivdaily.read(body),
        lambda: arxiv_api.read(body, "2606.90001"),
    ]
    for read in ways:
        try:
            found += read() is not None
        except SourceError as error:
            _ensure(bool(error.reason.strip()) and len(error.reason) <= 400, error.reason)
    return f"read by {found}"


_PAPER = paper(1, abstract=r"We predict $\beta$-tides with https://a.test/x and 17 stations. " * 3)
_JOB = Job(_PAPER, tuple(TextField))


def answer(choose: random.Random, _number: int) -> str:
    """One answer of an endpoint."""
    response = httpx.Response(200, content=hostile.completion(choose))
    try:
        completion = completions.read(response)
    except NotACompletionError:
        return "no completion"
    if completion.refusal is not None:
        return "refusal"
    said, original, texts = answers.texts(completion.content, _JOB.fields), prompt.original(_PAPER), {}
    faults = dict[TextField, str]()
    for one, text in said.items():
        try:
            texts[one] = prompt.restored(original, one, text)
        except MaskError as error:
            faults[one] = str(error)
    kept, reasons = judge(_JOB, Answer(texts, faults=faults))
    for one in kept.values():
        escaped(one.body).encode()
        assert flat(one.body).isprintable(), one
    assert all(kept[one].body or reasons for one in texts)
    return f"{sum(bool(one.body) for one in kept.values())} texts"


async def requests(count: int) -> Found:
    """Requests over sockets, to pages, health and reading room as they are served."""
    found, heard = Found("requests"), _Heard()
    logging.getLogger().addHandler(heard)
    try:
        with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as folder:
            patch.setattr(serving, "HEADERS_WITHIN", _SILENCE)  # most requests never end
            patch.setattr(web, "_PATIENCE", 5 * _SILENCE)
            store = Store.open(f"sqlite:///{folder}/sudi.db")
            await migrate(store)
            await ingest(store, [listing("cs.LG", *(paper(number) for number in range(1, 61)))], HandClock()())
            async with served(_site(store)) as port:
                before = time.process_time()
                for start in range(0, count, _AT_ONCE):
                    some = range(start, min(start + _AT_ONCE, count))
                    await asyncio.gather(*(_asked(port, number, found) for number in some))
                found.seconds = time.process_time() - before
            await store.close()
    finally:
        logging.getLogger().removeHandler(heard)
    found.faults += heard.tracebacks
    return found


def _site(store: Store) -> object:
    values = {name: each.default for name, each in Settings.model_fields.items()}
    settings = Settings.model_construct(
        **values | {"bot_reading_room": "public", "bot_public_url": "https://x.test"}
    )
    clock, tokens = HandClock(), Tokens(b"k" * 32)
    workflow = EmailWorkflow(Commands(store, DEFAULTS, clock), store, Links(tokens, "https://x.test"), clock)
    return Site(workflow, Room(store, tokens, clock, settings)).application()


async def _asked(port: int, number: int, found: Found) -> None:
    content = hostile.request(random.Random(f"{SEED} requests {number}"))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, line = time.monotonic(), b""
    try:
        writer.write(content)
        async with asyncio.timeout(PATIENCE):
            line = await reader.readline()
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
    status = line.split()[1].decode() if len(line.split()) > 1 else "not answered"
    found.outcomes[status] += 1
    found.slowest = max(found.slowest, time.monotonic() - began)
    if status == "500":
        found.faults.append(f"requests {number}: {line!r} to {content[:200]!r}")


class _Heard(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.tracebacks: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what brings a traceback."""
        if record.exc_info and record.exc_info[1] is not None:
            self.tracebacks.append(f"traceback: {record.getMessage()} {record.exc_info[1]!r}"[:400])


KINDS: dict[str, Judge] = {"mails": mail, "queries": query, "pages": page, "answers": answer}


def fuzz(share: float) -> list[Found]:
    """All kinds, that part of each."""
    found = [tried(name, round(COUNTS[name] * share), judged) for name, judged in KINDS.items()]
    return [*found, asyncio.run(requests(round(COUNTS["requests"] * share)))]


def bench(share: float) -> Sequence[str]:
    """Print what came of it; the faults."""
    found = fuzz(share)
    faults = [fault for one in found for fault in one.faults]
    for one in found:
        print(f"{one}; floor: no fault {'MISSED' if one.faults else 'met'}")
    for line in faults[:_SHOWN]:
        print(f"  {line}")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")
    return faults
