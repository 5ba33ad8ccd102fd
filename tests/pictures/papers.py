"""A digest of the first papers of the demo, for pictures."""

from __future__ import annotations

from importlib import resources

from bot.digest import Card, Digest
from bot.jobs.compose import english_line
from bot.model import Coverage, Destination, Language, Reason, Slot, Subscription
from bot.sources import arxivdaily

SHOWN = 3  # papers
ASKED = Subscription(1, 1, 1, 'cs.LG, cs.CL "kv cache", quantization -survey')


def demo_digest(channel: str, address: str, language: Language) -> Digest:
    """The first papers of the demo, for a destination in that language."""
    page = arxivdaily.read((resources.files("bot.demo") / "day" / "2026-06-10.txt").read_bytes())
    assert page is not None
    made = {one.paper_id: one for one in page.summaries}
    reasons = (Reason('"kv cache"', "title"), Reason("cs.LG", "category"))
    cards = tuple(
        Card(one.paper, one.type, one.date, reasons, (ASKED,), made.get(one.paper.id), english_line(one.paper))
        for one in page.announcements[:SHOWN]
    )
    destination = Destination(1, channel, address, language, Slot("Asia/Shanghai", 540))
    return Digest(
        "1",
        destination,
        cards,
        SHOWN,
        (Coverage("cs.LG", page.date, 138, 138), Coverage("cs.CL", page.date, 96, 96)),
    )
