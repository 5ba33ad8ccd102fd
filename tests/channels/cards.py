"""Invented papers, cards and digests for the tests of the channels."""

from datetime import date
from typing import Any

from bot.digest import Card, Digest
from bot.model import AnnounceType, Coverage, Destination, Language, Paper, Reason, Slot, Subscription, Summary
from bot.presentation.links import links
from bot.settings import Settings

DAY = date(2026, 6, 10)
SUBSCRIPTION = Subscription(7, 1, 2, 'cs.LG "kv cache"')
REASONS = (Reason('"kv cache"', "title"), Reason("cs.LG", "category"))


def paper(number: int = 1, **changes: Any) -> Paper:
    values: dict[str, Any] = {
        "id": f"2606.9{number:04}",
        "version": 1,
        "title": f"Tidal {number}: Quantization of the KV Cache",
        "authors": ("José Arrabal", "Wen Shuyi"),
        "abstract": f"Long conversations number {number} are expensive. We assign bits to heads.",
        "categories": ("cs.LG", "cs.CL"),
        "comments": "12 pages; code at https://code.example.org/tidal",
    }
    return Paper(**values | changes)


def summary(of: Paper, **changes: Any) -> Summary:
    values: dict[str, Any] = {
        "paper_id": of.id,
        "version": of.version,
        "language": Language.ZH,
        "title": f"潮汐 {of.id}：键值缓存的量化",
        "one_line": f"提出潮汐方法 {of.id}。",
        "abstract": f"第 {of.id} 篇：长对话十分昂贵，我们为各个注意力头分配比特。",
        "provenance": "arxivdaily",
    }
    return Summary(**values | changes)


def settings(**values: Any) -> Settings:
    """What an admin has set, whatever the environment of the tests says."""
    return Settings(**{"_env_file": None, "smtp_url": None, "smtp_from": ""} | values)


def card(number: int = 1, *, chinese: bool = True, **changes: Any) -> Card:
    names = {"type", "date", "reasons", "subscriptions", "summary"} & changes.keys()
    values: dict[str, Any] = {name: changes.pop(name) for name in names}
    one = paper(number, **changes)
    made: dict[str, Any] = {
        "type": AnnounceType.NEW,
        "date": DAY,
        "reasons": REASONS,
        "subscriptions": (SUBSCRIPTION,),
        "summary": summary(one) if chinese else None,
    }
    return Card(one, **made | values)


def addresses(*cards: Card) -> set[str]:
    """Where the cards of papers link to."""
    return {one.paper.url for one in cards} | {way.url for one in cards for way in links(one.paper, "en")}


def digest(*cards: Card, language: Language = Language.BOTH, **changes: Any) -> Digest:
    values: dict[str, Any] = {
        "key": "41",
        "destination": Destination(1, "email", "ada@reader.test", language, Slot("Asia/Shanghai", 540)),
        "cards": cards,
        "matched": len(cards),
        "coverage": (Coverage("cs.LG", DAY, 138, 138), Coverage("cs.CL", DAY, 96, 96)),
    }
    return Digest(**values | changes)
