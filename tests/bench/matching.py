"""The bench of matching: a day of 2,251 papers against any number of subscriptions, beside three other ways."""

from __future__ import annotations

import asyncio
import gc
import random
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from statistics import median
from typing import TypeVar

from bot.matching import Candidate, Prepared, match, prepare, sightings
from bot.matching.index import Index, Pairs
from bot.matching.index_file import IndexFile
from bot.model import Subscription
from bot.query import Query, parse
from tests.bench.newspaper import HOSTILE, Newspaper
from tests.bench.peers import Automaton, Found, FullText, naive

_SMALL = 10_000
_LARGEST_COMPARED = 200_000  # subscriptions; the others would take an hour
_SAMPLE, _NAIVE_SAMPLE = 3_000, 200
_HOSTILE, _MOST = 3_000, 50
_T = TypeVar("_T")


def bench(subscriptions: int) -> None:
    """Print the table; raises when two ways differ."""
    news = Newspaper()
    day = news.papers()
    texts = news.queries(subscriptions)
    before = _megabytes()
    index, compiled, kept = _compiled(texts)
    ours, pairs = _best(lambda: _ours(index, day))
    peak = _megabytes()
    matches = sum(len(one.places) for one in pairs)
    print(f"{len(day)} papers x {subscriptions} subscriptions, {len(index)} of them different: {matches} matches")
    print(f"compile {compiled:.1f} s, once; match {ours:.2f} s of CPU, texts and all")
    print(f"a restart finds it compiled in {kept:.2f} s: {compiled / kept:.0f} times faster")
    print(f"memory: {before:.0f} MB with papers and queries, {peak:.0f} MB at the peak")
    if subscriptions == 1000:
        print(f"memory added{_floor_text(peak - before, 100)} MB")
    if subscriptions == 1_000_000:
        print(f"memory in all{_floor_text(peak, 1200)} MB")
    if subscriptions > _SMALL:
        small = Index(texts[:_SMALL])
        _ready(small)
        of_small, _ = _best(lambda: _ours(small, day))
        limit = 6 if subscriptions >= 1_000_000 else None
        print(
            f"ours({subscriptions}) / ours({_SMALL}): {ours / of_small:.2f}{_floor_text(ours / of_small, limit)}"
        )
    if subscriptions <= _LARGEST_COMPARED:
        _compare(day, texts, index, _gathered(pairs))
    _small_matters(day, index)
    _hostile(news, day)


def _compiled(texts: list[str]) -> tuple[Index, float, float]:
    """All queries, and the seconds it takes to compile them, and to find them again after a restart."""
    with tempfile.TemporaryDirectory() as folder:
        file = IndexFile(Path(folder) / "sudi.db.compiled", bytes(32))
        _, compiled = _timed(lambda: _ready(Index(texts, file)))
        gc.collect()
        index, kept = _timed(lambda: _ready(Index(texts, file)))
        return index, compiled, kept


def _compare(day: list[Candidate], texts: list[str], index: Index, found: Found) -> None:
    """The ratios; each peer in turn with ours, because the machine is not always equally fast."""
    distinct = list(dict.fromkeys(texts))
    sample = random.Random(4).sample(distinct, min(_SAMPLE, len(distinct)))
    automaton = Automaton([parse(text) for text in distinct])
    ours, _ = _best(lambda: _ours(index, day))
    by_automaton, other = _best(lambda: automaton.match([prepare(one) for one in day]))
    assert other == found, "the automaton finds something else"
    full_text, indexed = _timed(lambda: FullText([prepare(one) for one in day]))
    other, asked = _timed(lambda: full_text.match([parse(text) for text in sample]))
    assert other == {text: found[text] for text in sample if text in found}, "FTS5 finds something else"
    by_fts = indexed + asked * len(distinct) / len(sample)
    _, looped = _timed(lambda: naive(day, [parse(text) for text in sample[:_NAIVE_SAMPLE]]))
    by_loop = looped * len(texts) / _NAIVE_SAMPLE
    is_judged = len(texts) == 100_000
    for name, seconds, least in (
        ("naive loop", by_loop, 4000),
        ("FTS5", by_fts, 15),
        ("automaton", by_automaton, 1.5),
    ):
        verdict = f": floor {least} {'met' if seconds / ours >= least else 'MISSED'}" if is_judged else ""
        print(f"{name} {seconds:.1f} s, ours {ours:.2f} s: {name} / ours {seconds / ours:.1f}{verdict}")


def _small_matters(day: list[Candidate], index: Index) -> None:
    """One paper, one preview, one subscription, and how long others wait."""
    ready = [prepare(one) for one in day]
    papers = [_timed(partial(_ours, index, [one]))[1] for one in day[:60]]
    limit = 10 if len(index) <= 100_000 else None
    print(f"one new paper: {median(papers) * 1000:.1f} ms{_floor_text(median(papers) * 1000, limit)}")
    strangers = Newspaper(seed=9).queries(60)
    previews = [_timed(partial(_previewed, parse(text), ready))[1] for text in strangers]
    print(f"preview of one query: {median(previews) * 1000:.1f} ms{_floor_text(median(previews) * 1000, 20)}")
    added = [_timed(partial(index.add, text))[1] for text in strangers]
    print(f"one more subscription: {median(added) * 1000:.2f} ms{_floor_text(median(added) * 1000, 1)}")
    again = _timed(lambda: _ours(index, day))[1]
    print(f"the next day, with {len(strangers)} more: {again:.2f} s")
    waited = asyncio.run(_longest_wait(lambda: _ours(index, day)))
    beside = asyncio.run(_longest_wait(lambda: sum(range(50_000_000))))
    print(f"the event loop waited at most {waited * 1000:.0f} ms{_floor_text(waited * 1000, 50)}")
    print(f"beside a thread of plain Python: {beside * 1000:.0f} ms")


def _hostile(news: Newspaper, day: list[Candidate]) -> None:
    """What 3,000 subscriptions cost that look for fifty beginnings of words each, beside 3,000 ordinary ones."""
    ordinary = Index(news.queries(_HOSTILE))
    _ready(ordinary)
    usual, _ = _best(lambda: _ours(ordinary, day))
    _, usual_page = _timed(partial(sightings, _asked(news.queries(_MOST)), day))
    for name in HOSTILE:
        texts = news.hostile(name, _HOSTILE)
        index, compiled = _timed(lambda texts=texts: _ready(Index(texts)))
        theirs, pairs = _best(partial(_ours, index, day))
        ratio, matched = theirs / usual, sum(len(one.places) for one in pairs)
        print(f"{_HOSTILE} hostile, {name}: {matched} matches; compile {compiled:.1f} s, once")
        print(f"match {theirs:.2f} s / {usual:.2f} s of ordinary ones {ratio:.2f}{_floor_text(ratio, 2)}")
        _, page = _timed(partial(sightings, _asked(texts[:_MOST]), day))
        print(f"`today` for {_MOST} of them {page:.1f} s; for {_MOST} ordinary ones {usual_page:.1f} s")


def _asked(texts: list[str]) -> list[Subscription]:
    return [Subscription(number, 1, number, text) for number, text in enumerate(dict.fromkeys(texts), 1)]


def _ours(index: Index, day: Sequence[Candidate]) -> list[Pairs]:
    ready: list[Prepared] = [prepare(one) for one in day]
    return list(index.match(ready))


def _gathered(pairs: list[Pairs]) -> Found:
    found: Found = {}
    for one in pairs:
        for text, papers in one.by_query():
            found.setdefault(text, []).extend(papers)
    return found


def _previewed(query: Query, ready: Sequence[Prepared]) -> int:
    return sum(match(query, one) is not None for one in ready)


def _ready(index: Index) -> Index:
    list(index.match([]))
    return index


async def _longest_wait(work: Callable[[], object]) -> float:
    """How much longer than asked for a task slept while a thread was at work."""
    thread = asyncio.create_task(asyncio.to_thread(work))
    longest = 0.0
    while not thread.done():
        before = time.monotonic()
        await asyncio.sleep(0.001)
        longest = max(longest, time.monotonic() - before)
    await thread
    return longest


def _best(work: Callable[[], _T]) -> tuple[float, _T]:
    least = float("inf")
    for _ in range(3):
        result, seconds = _timed(work)
        least = min(least, seconds)
    return least, result


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    before = time.process_time()
    result = work()
    return result, time.process_time() - before


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _floor_text(value: float, most: float | None) -> str:
    return "" if most is None else f": at most {most} {'met' if value <= most else 'MISSED'}"
