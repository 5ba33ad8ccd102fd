"""Papers that are ranked without their reasons stand as the cards do that are made of all their matches."""

from __future__ import annotations

import random
from dataclasses import replace

from bot.digest import cards
from bot.matching import candidates, matches, muted_by, prepare, sightings
from bot.model import Announcement, AnnounceType, Subscription
from tests.fakes import DAY, paper
from tests.matching.invented import candidate, queries

MUTES = ("storage", "ti:rag")


def test_they_are_the_same_papers_in_the_same_order_with_the_same_matches():
    dice = random.Random(20260610)
    day = [candidate(dice, number) for number in range(300)]
    texts = queries(dice, 400)
    for start in range(0, 400, 20):
        asked = [Subscription(n, 1, n, text) for n, text in enumerate(dict.fromkeys(texts[start : start + 20]), 1)]
        every = list(matches(asked, day, {1: MUTES}))
        papers = {(one.paper.id, one.paper.version): one.paper for one in day}
        ranked = cards(every, papers, {one.id: one for one in asked}, {})
        found = sightings(asked, day, MUTES)
        assert [one.paper for one in found] == [card.paper for card in ranked]
        assert {match for one in found for match in one.matches} == set(every)
    assert any(muted_by(MUTES, prepare(one)) for one in day)


def test_of_two_versions_on_one_date_the_newer_one_counts():
    second = replace(paper(1), version=2)
    day = candidates([Announcement(one, "cs.LG", DAY, AnnounceType.NEW) for one in (paper(1), second)], {})
    (found,) = sightings([Subscription(1, 1, 1, "cs.LG")], day)
    assert found.paper == second
