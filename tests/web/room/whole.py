"""The whole site for a browser: every kind of page and of state, and every task of a reader."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from bot.channels import IncomingEmail, Reply
from bot.model import Language
from bot.tokens import Purpose
from tests.fakes import DAY, MORNING, paper, subscribed
from tests.web.room.conftest import TUESDAY, Reader, announced, chinese
from tests.web.room.test_access import delivered

ADA = "ada@reader.test"
MONDAY = DAY - timedelta(days=2)
SETTINGS: Mapping[str, Any] = {
    "imap_url": "imaps://x",
    "smtp_from": "Sudi <papers@sudi.test>",
    "bot_arxiv_holidays": (MONDAY,),
}
OUTSIDE = ("manage", "unsubscribed", "keep", "confirm", "changes", "front", "dead", "nowhere")
"""Pages that are in the language of an interface, which are three."""


async def furnish(one: Reader) -> dict[str, str]:
    """Fill a room with papers of every kind and a mailbox; the path of every kind of page and of state."""
    many = tuple(f"Author Number{n}" for n in range(30))
    where = {"doi": "10.1000/182", "journal_ref": "J. Tides 1 (2026)"}
    title, comments = f"A Very {'Long' * 60} $\\beta$", f"https://github.com/a/b {'x' * 300}"
    odd = paper(8, title=title, authors=many, comments=comments, **where)
    gone = paper(9, version=2, comments="This paper has been withdrawn by the author")
    await announced(one.store, odd, gone, paper(10), texts=[chinese(odd, abstract="很" * 900)])
    await announced(one.store, *(paper(n) for n in range(100, 160)), day=TUESDAY)
    await announced(one.store, paper(99), day=DAY - timedelta(days=8))
    async with one.store.write() as tx:
        await tx.faults.open("arxiv_listing", "math.AG", TUESDAY, "arXiv did not answer", MORNING)
    token, _, _ = await delivered(one, papers=5, cap=2)
    ada, _ = await subscribed(one.store, "cs.LG tide", "hep-th axion*", channel="email", address=ADA)
    bob, _ = await subscribed(one.store, channel="email", address="bob@reader.test")
    mail, empty = (one.tokens.sign(Purpose.MANAGE, who.id, one.clock.now) for who in (ada, bob))
    subscribes = await asked(one, 'subscribe cs.LG, cs.CL "kv cache" -survey')
    changes = await asked(one, "pause 1", "language zh", "subscribe tide")
    return {
        "day": f"/papers/{DAY}?q=harbour&in=cs.LG&in=cs.AI&open=1",
        "folded": f"/papers/{DAY}?",
        "newest": "/papers?",
        "in-part": f"/papers/{TUESDAY}?page=2",
        "search": "/search?q=tide",
        "older-search": f"/search?q=tide&before={TUESDAY}",
        "empty-search": "/search?",
        "dates": "/dates?",
        "paper": "/paper/2606.90008?",
        "withdrawn": "/paper/2606.90009?",
        "digest": f"/digest/{token}/?",
        "digest-day": f"/digest/{token}/papers/{DAY}?",
        "weekend": "/papers/2026-06-07?",
        "holiday": f"/papers/{MONDAY}?",
        "unread": "/papers/2026-06-05?",
        "not-yet": "/papers/2026-06-11?",
        "not-kept": "/papers/2026-01-07?",
        "not-read": f"/papers/{DAY}?in=econ.TH",
        "refused": f"/papers/{DAY}?q=(tide",
        "nothing": f"/papers/{DAY}?q=cs.LG harbour quaternion",
        "no-page": f"/papers/{DAY}?page=9",
        "manage": f"/mail/{mail}?edit=1",
        "unsubscribed": f"/mail/{empty}?",
        "keep": f"/mail/{mail}/paper/2606.90008?",
        "confirm": f"{subscribes}?",
        "changes": f"{changes}?",
        "front": "/?",
        "dead": "/mail/x?",
        "nowhere": "/no/where/at/all?",
    }


async def asked(one: Reader, *lines: str) -> str:
    """Let a mail ask for something; the path of the page that confirms it."""
    replies: list[Reply] = []

    async def send(reply: Reply) -> None:
        replies.append(reply)

    await one.workflow.receive(IncomingEmail(f"key{lines}", ADA, lines), send)
    return f"/confirm/{replies[0].token}"


def addresses(one: Reader, paths: Mapping[str, str], language: Language) -> dict[str, str]:
    """The addresses of pages in a language; of an interface only in those that it has."""
    locale = "en" if language.plain is Language.BOTH else language.value
    spoken = {name: locale if name in OUTSIDE else language.value for name in paths}
    return {
        f"{name} {spoken[name]}": f"{one.url}{path}&lang={spoken[name]}".replace("?&", "?")
        for name, path in paths.items()
    }


def tasks(one: Reader, paths: Mapping[str, str]) -> list[dict[str, Any]]:
    """All that a reader does here: by keyboard, and without scripts but for the last one."""
    url = one.url
    day, before = f"{url}/papers/{DAY}?lang=en", f"{url}/papers/{TUESDAY}?lang=en"
    digest, confirm, keep = (f"{url}{paths[name]}lang=en" for name in ("digest", "confirm", "keep"))
    mail = f"{url}{paths['manage'].partition('?')[0]}?lang=en"
    done = "go; see [role=status]"
    found = {
        "search": (day, "tab input[type=search]; type harbour; go; at q=harbour; see mark"),
        "reset": (f"{day}&q=harbour", f"tab #said a; go; at /papers/{DAY}?lang=en"),
        "search the last dates": (f"{day}&q=harbour", "tab a[href*='search?q']; go; at /search?q="),
        "choose a second category": (f"{day}&in=cs.AI", "tab a[href*='cs.AI&lang=en&in=cs.LG']; go; at &in=cs.LG"),
        "open what nearly matches": (f"{day}&q=harbour quaternion", "tab #list .days a; go; see article"),
        "unfold one": (day, "tab article summary; press Enter; see article details[open]"),
        "unfold all": (day, "tab .bar a; go; at open=1; see article details[open]"),
        "skip to the papers": (day, "tab .skip; press Enter; at #list"),
        "turn the page": (before, "tab a[rel=next][href*=page]; go; at page=2"),
        "go to the date before": (day, f"tab a[rel=prev]; go; at /papers/{TUESDAY}"),
        "type a date": (
            day, f"tab input[type=date]; type 06092026; tab .days button; go; at /papers/{TUESDAY}",
        ),
        "choose one of all dates": (day, f"tab header a[href*=dates]; go; tab tbody a; go; at /papers/{DAY}"),
        "open a paper": (day, "tab .meta a; go; at /paper/; see .bib pre; tab a[href$='.bib']"),
        "read in another language": (day, "tab footer a[lang=zh-Hant]; go; see html[lang=zh-Hant]"),
        "have it every day": (
            f"{day}&q=harbour", "see .daily code; tab .daily a[href^=mailto]; tab .daily a[href*='feed.atom']",
        ),
        "from a digest to its rest": (digest, "tab a[href$='#rest']; press Enter; at #rest; see #rest article"),
        "from a digest to its day": (digest, "tab .top .days a[href*='papers/']; go; at /papers/; see article"),
        "from a dead link to the papers": (
            f"{url}/mail/x?lang=en", "tab .days a; go; tab section a[href^=papers]; go; at /papers/",
        ),
        "confirm": (confirm, f"tab button; {done}"),
        "add a subscription": (mail, f"tab #new; type stat.ML; {done}"),
        "edit a subscription": (mail, f"tab .acts a; go; tab .sub input[type=text]; type  harbour; {done}"),
        "pause and resume a subscription": (mail, f"tab .acts button; {done}; tab .acts button; {done}"),
        "change how it comes": (mail, f"tab #language; press ArrowDown; tab button.main; {done}"),
        "save a paper": (keep, f"tab button.main; {done}"),
        "unsubscribe from everything": (mail, f"tab button.bad; {done}"),
    }  # fmt: skip
    keys = "tab article:first-of-type; press j; see article:nth-of-type(2):focus; press o; "
    keys += "see article:nth-of-type(2) details[open]; press /; see input[type=search]:focus"
    return [
        *({"name": name, "url": where, "steps": _steps(steps)} for name, (where, steps) in found.items()),
        {"name": "walk with the keys of the script", "script": True, "url": day, "steps": _steps(keys)},
    ]


def _steps(text: str) -> list[tuple[str, str]]:
    """What is done, and with what: `tab input; type harbour; go`."""
    return [(what, value) for what, _, value in (step.partition(" ") for step in text.split("; "))]
