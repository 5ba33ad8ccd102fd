"""`why` and the matcher never contradict each other."""

from __future__ import annotations

import random
import re

from bot.model import Announcement, Listing
from bot.pending import waiting_for
from tests.commands.conftest import Conversation
from tests.fakes import DAY, ingest
from tests.matching.invented import candidate, queries

VERDICT = re.compile(r"#(\d+) \(.*\) (matches: |does not match: )(.*)")


async def test_why_says_of_each_subscription_what_the_matcher_found_for_it(empty: Conversation):
    dice = random.Random(20260613)
    day = [candidate(dice, number) for number in range(50)]
    for text in queries(dice, 24):
        await empty.says(f"subscribe {text}")
    for text in ("模型", "title:cache", "2606.10007"):
        await empty.says(f"mute {text}")
    announced = [Announcement(one.paper, code, DAY, kind) for one in day for code, kind in one.types.items()]
    texts = tuple(one.summary for one in day if one.summary)
    await ingest(empty.store, [Listing("page", "all", DAY, tuple(announced), summaries=texts)], empty.now)
    async with empty.store.read() as tx:
        (destination,) = await tx.subscribers.destinations()
        numbers = {one.id: one.number for one in await tx.subscribers.subscriptions(destination.id)}
        coming = (await waiting_for(tx, destination.id)).papers
    stored = {(one.paper_id, numbers[number]) for one in coming for number in one.types}
    told, kinds = set(), set()
    for one in day:
        answer = await empty.says(f"why {one.paper.id}")
        verdicts = VERDICT.findall(answer)
        assert [int(number) for number, _, _ in verdicts] == sorted(numbers.values())
        is_muted = "Muted here by" in answer
        for number, verdict, because in verdicts:
            is_left_out = "But it is a revision" in because
            kinds.add((verdict, is_left_out, is_muted))
            if verdict == "matches: " and not is_left_out and not is_muted:
                told.add((one.paper.id, int(number)))
        assert ("It's queued for the next digest" in answer) == any(paper == one.paper.id for paper, _ in stored)
    assert told == stored
    assert len(kinds) == 6, "every kind of answer has come up"
