"""A page, the feed and the matcher of digests find the same papers, for generated queries and papers."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from dataclasses import replace
from html import unescape
from urllib.parse import quote

from bot.matching import Matcher, candidates, is_wanted, match, prepare
from bot.model import Language
from bot.query import parse
from tests.fakes import DAY, MORNING, ingest, listing
from tests.matching.invented import candidate, queries

PAPERS, QUERIES = 80, 60


async def test_page_feed_and_matcher_agree(opened):
    one, dice = await opened(), random.Random(20260610)
    invented = [candidate(dice, number) for number in range(PAPERS)]
    by_category, texts = defaultdict(list), []
    for each in invented:
        for category, kind in each.types.items():
            by_category[category].append((each.paper, kind))
        texts += [each.summary] if each.summary else []
    listings = [listing(category, *pairs) for category, pairs in by_category.items()]
    await ingest(one.store, [*listings[:-1], replace(listings[-1], summaries=tuple(texts))], MORNING)
    async with one.store.read() as tx:
        announced = await tx.papers.announced_on([DAY])
        made = await tx.texts.best([(each.paper.id, each.paper.version) for each in announced], Language.ZH)
    stored = candidates(announced, made)
    ready = [prepare(each) for each in stored]
    hits = Matcher().hits(found := queries(dice, QUERIES), stored)
    seen = 0
    for text in found:
        parameters = f"q={quote(text, safe='')}"
        pages = [await one.ids(f"/papers/{DAY}?{parameters}&page={page}") for page in (1, 2)]
        feed = unescape((await one.get(f"/feed.atom?{parameters}"))[1])
        judged = [match(parse(text), each) for each in ready]
        expected = {each.candidate.paper.id for each, hit in zip(ready, judged, strict=True) if hit}
        assert {*pages[0], *pages[1]} == expected, text
        assert len(pages[0]) + len(pages[1]) == len(expected), text
        assert {*re.findall(r"<id>https://arxiv.org/abs/(\d{4}\.\d{5})", feed)} == expected, text
        wanted = {
            each.candidate.paper.id
            for each, hit in zip(ready, judged, strict=True)
            if hit and is_wanted(parse(text), hit.type)
        }
        places = memoryview(hits.get(text, b"")).cast("H")
        assert {stored[place].paper.id for place in places} == wanted, text
        seen += bool(expected)
    assert QUERIES / 10 < seen < QUERIES
