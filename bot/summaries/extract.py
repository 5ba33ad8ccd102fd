"""One line about a paper without any model: the sentence of its abstract that says what the paper does.

It is picked, never written: what it says, the authors said. Translating is not its job.
"""

from __future__ import annotations

import re
from functools import lru_cache

from bot.model import Paper
from bot.text import sentences
from bot.text.latex import readable
from bot.text.masking import URL

LONGEST = 320
"""Characters; a longer sentence is cut at a word, with an ellipsis."""

_WHO = r"\b(?:we|i|this (?:paper|work|article|study|letter|note|thesis|survey|report))"
_THEN = r"\s+(?:\w+ly\s+|also\s+|here\s+|then\s+|aims? to\s+|further\s+|first\s+)?"
_NEW = re.compile(rf"{_WHO}{_THEN}(?:propos|introduc|present|develop|devis|design|formulat)\w*", re.I)
_DOES = re.compile(
    rf"{_WHO}{_THEN}(?:describ|construct|establish|deriv|provid|address|tackl|investigat|stud|explor|examin|analy[sz]"
    r"|revisit|argu|prov|show|demonstrat|give|consider|report|obtain|characteri[sz]|offer|releas|build|creat|extend"
    r"|generali[sz]|survey|review|measur|comput|determin|find)\w*"
    r"|\b(?:is|are)\s+(?:\w+ly\s+)?(?:proposed|introduced|presented|developed|shown|proved|proven|derived)\b",
    re.I,
)
_HERE = re.compile(
    r"\b(?:in|here,?) this (?:paper|work|article|study|letter|note)\b|^(?:here|to (?:this end|address))\b", re.I
)
_LINK = re.compile(URL, re.I)
_AVAILABLE = re.compile(r"\b(?:code|data|dataset|models?|project page)\b.{0,40}\bavailable\b")
_WORD = re.compile(r"[a-z0-9]{4,}")


def one_line(paper: Paper) -> str:
    """The sentence that says what is proposed or shown, in readable English; "" for a paper without an abstract.

    Cue words decide ("we propose" before "we show"), then what a sentence shares with the title.
    """
    return _best(paper.title, paper.abstract[:_READ])


_READ = 20_000


@lru_cache(maxsize=2048)  # one day's papers go to many destinations, one after the other
def _best(title: str, abstract: str) -> str:
    named = set(_WORD.findall(readable(title).lower()))
    found = sentences.english(" ".join(readable(abstract).split()))
    best = max(found, key=lambda sentence: _worth(sentence, named), default="")
    return best if len(best) <= LONGEST else best[:LONGEST].rsplit(" ", 1)[0].rstrip(",;:") + " …"


def _worth(sentence: str, title: set[str]) -> float:
    cue = 3.0 if _NEW.search(sentence) else 2.0 if _DOES.search(sentence) else 0.0
    here = 0.7 if _HERE.search(sentence) else 0.0
    lower = sentence.lower()
    words = set(_WORD.findall(lower))
    shared = len(words & title) / len(title) if title else 0.0
    aside = 3.0 if _is_aside(lower) else 0.0
    length = max(0.0, (40 - len(sentence)) / 40) + max(0.0, (len(sentence) - LONGEST) / LONGEST)
    return cue + here + shared - aside - length


def _is_aside(sentence: str) -> bool:
    """Whether a sentence in lower case only says where something is; most have none of these signs at all."""
    if ("://" in sentence or "www." in sentence) and _LINK.search(sentence):
        return True
    return "available" in sentence and _AVAILABLE.search(sentence) is not None
