"""Words that stay Latin in Chinese: names and acronyms, which must be the paper's; English that was left over;
and the terms by which one sees that a text is about this paper at all.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate

from bot.summaries.gate import acronyms, topics
from bot.summaries.gate.pair import Pair
from bot.text import glossary
from bot.text.normal import flat

_TOKEN = re.compile(r"(?<![A-Za-z0-9.])[0-9]*[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ0-9]*(?:[-_./+'’][A-Za-zÀ-ɏ0-9]+)*")
_PART = re.compile(r"[A-Za-zÀ-ɏ0-9]+")
_POSSESSIVE = re.compile(r"['’]s?$")
_JOINT = re.compile(r"[-/’'.]")
_NAME = re.compile(r"[0-9]*[A-Za-zÀ-ɏ]+[A-ZÀ-Þ0-9][A-Za-zÀ-ɏ0-9]*")
_ID = re.compile(r"(?<![0-9A-Za-z.])[0-9]{4}\.[0-9]{5}(?![0-9])")
_ORDINARY = frozenset(
    [
        "ai",
        "agent",
        "api",
        "app",
        "cpu",
        "gpu",
        "id",
        "it",
        "llm",
        "llms",
        "ml",
        "mlp",
        "ok",
        "token",
        "tokens",
        "transformer",
        "vs",
        "web",
        "url",
        "bug",
        "pdf",
        "pipeline",
        "prompt",
    ]
)
"""Words that Chinese papers use whatever the English says."""

_UNITS = frozenset(
    [
        "db",
        "ghz",
        "mhz",
        "khz",
        "hz",
        "gb",
        "mb",
        "kb",
        "tb",
        "kwh",
        "kw",
        "mw",
        "ms",
        "ns",
        "ev",
        "kev",
        "mev",
        "gev",
    ]
)
_SMALL = frozenset(
    ["a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "under", "with"]
)
_SHOWN = 4
_FEW = 4  # English words that may be left over
_LOST = 1 / 3
_FEWEST_TERMS = 3
_SHARED = 0.25


def names(pair: Pair) -> str:
    """Names that are not the paper's, or too many of the paper's that are not there."""
    known = _known("\n".join(dict.fromkeys((*pair.known_parts, *pair.raw_parts))))
    words = [word for word in _TOKEN.findall(pair.words) if len(word) > 1]
    invented = [word for word in words if not _is_known(word, known)]
    if invented and pair.is_chinese:
        return f"These names are not in the English text: {_list(invented)}."
    if not pair.is_whole or not pair.is_chinese:
        return ""
    theirs = list(dict.fromkeys(word for word in _TOKEN.findall(pair.source_words) if _is_name(word)))
    lost = [word for word in theirs if not _is_kept(word, pair.text)]
    is_too_much = len(lost) > max(2, _LOST * len(theirs)) or (len(lost) == 2 and len(theirs) < 2 * len(lost))
    if is_too_much:
        return f"Keep the names {_list(lost)} as they are."
    return _misplaced(pair, [word for word in theirs if word not in lost]) if pair.field == "abstract" else ""


def _misplaced(pair: Pair, words: list[str]) -> str:
    """The first name that stands in other sentences than in the English, and in none of its own."""
    groups = pair.groups or ()
    for word in words:
        theirs = {place for place, (english, _) in enumerate(groups) if word in english}
        ours = {place for place, (_, chinese) in enumerate(groups) if word in chinese}
        if theirs and ours and not theirs & ours:
            return f"Sentence {min(theirs) + 1} of the English has {word}: name it there, not in another sentence."
    return ""


def untranslated(pair: Pair) -> str:
    """English words, other than names, that were left untranslated."""
    if not pair.is_chinese:
        return ""
    words = {word for word in _TOKEN.findall(pair.words) if word.islower() and len(word) > 2}
    left = sorted(word for word in words - _ORDINARY if not _stays(word))
    few = _FEW if pair.field == "abstract" else _FEW // 2
    return f"Translate these words too: {_list(left)}." if len(left) > few else ""


def paper(pair: Pair) -> str:
    """Whether the text is about this paper: both use the same established terms."""
    ids = set(_ID.findall(pair.text)) - {pair.paper.id}
    if any(one not in pair.known for one in ids):
        return "It speaks of another paper."
    if not pair.is_chinese:
        return ""
    text = _squeezed(pair.text)
    theirs = glossary.terms(pair.source)
    kept = sum(any(_squeezed(name) in text for name in names_) for names_ in theirs)
    is_foreign = len(theirs) >= _FEWEST_TERMS and kept < _SHARED * len(theirs) and pair.is_whole
    if not is_foreign:
        words = {word for word in _TOKEN.findall(pair.words) if _is_name(word) and word.lower() not in _ORDINARY}
        shared = sum(word in pair.known for word in words)
        is_foreign = topics.is_foreign(pair.known, pair.paper.title, pair.text, pair.field, shared)
    return (
        "It seems to be about another paper: translate this one, with the field's usual terms."
        if is_foreign
        else ""
    )


class _Known:
    """The Latin words of a paper, in every form in which a translation may write them."""

    def __init__(self, text: str) -> None:
        self.flat = flat(text)
        words = self.flat.split()
        self.words = frozenset(words)
        self.joined = "".join(words)
        self.starts = tuple(accumulate(map(len, words[:-1]), initial=0)) if words else ()
        self.initials = tuple(
            "".join(word[0] for word in words if word not in dropped) for dropped in (frozenset(), _SMALL)
        )

    def begins(self, letters: str) -> bool:
        """Whether a word, or words in a row, begin with these letters: multihead of multi-head attention."""
        return any(self.joined.startswith(letters, start) for start in self.starts)


@lru_cache(maxsize=16)
def _known(text: str) -> _Known:
    return _Known(text)


def _is_known(word: str, known: _Known) -> bool:
    lower, bare = word.lower(), _squeezed(word)
    if (
        lower in _ORDINARY
        or bare in known.words
        or f"{bare}s" in known.words
        or bare.removesuffix("s") in known.words
    ):
        return True
    if len(bare) > 3 and known.begins(bare.removesuffix("s")):
        return True
    if word.isupper() and len(word) > 2 and any(lower in initials for initials in known.initials):
        return True
    if any(flat(other) in known.flat for other in _synonyms(lower)):
        return True
    parts = _PART.findall(word.lstrip("0123456789"))
    return parts != [word] and all(len(part) == 1 or part.isdigit() or _is_known(part, known) for part in parts)


def _squeezed(word: str) -> str:
    return flat(word).replace(" ", "")


def _synonyms(word: str) -> tuple[str, ...]:
    """Other English names for the same thing: reinforcement learning, for RL."""
    chinese = glossary.chinese_names(word.removesuffix("s"))
    return tuple(name for term in chinese for name in glossary.english(term))


def _is_name(word: str) -> bool:
    """CamelCase, capitals, or letters with digits; an ordinary word in capitals is not told apart."""
    if (word.isalpha() and word.islower()) or word.lower() in _UNITS:
        return False
    return any(_NAME.fullmatch(part.removesuffix("s")) for part in _JOINT.split(word))


def _is_kept(word: str, text: str) -> bool:
    lower = text.lower()
    bare = _POSSESSIVE.sub("", word.lower())
    if bare in lower or bare.removesuffix("s") in lower or _is_translated(word, text):
        return True
    parts = [part for part in _PART.findall(_POSSESSIVE.sub("", word)) if len(part) > 1]
    wanted = [part for part in parts if not part.isalpha() or len(part) < 4 or part.isupper()]
    return len(parts) > 1 and all(part.lower() in lower or _is_translated(part, text) for part in wanted)


def _is_translated(word: str, text: str) -> bool:
    one = word.removesuffix("s")
    named = (*glossary.chinese_names(one), *acronyms.chinese(one), *acronyms.chinese(word))
    return any(name in text for name in named if name)


def _stays(word: str) -> bool:
    return any(name.lower() == word for name in glossary.chinese_names(word.removesuffix("s")))


def _list(words: list[str]) -> str:
    return ", ".join(list(dict.fromkeys(words))[:_SHOWN])
