"""The matcher's judge: slow and obvious, and without any code of `bot.matching` or `bot.text.normal`.

For each part of a query it makes the set of papers for which it holds; AND, OR and NOT are those of sets. It has
the parser's trees, the readable text, the glossary and the list of plurals in common with the matcher; and names,
which have a judge of their own in `test_names`.
"""

from __future__ import annotations

import itertools
import unicodedata
from functools import cache

import opencc

from bot import taxonomy
from bot.matching.names import author_needles, author_texts, is_named
from bot.model import AnnounceType
from bot.query import And, Field, InCategory, Not, OfType, Or, Query
from bot.text.glossary import english
from bot.text.latex import readable
from bot.text.normal import forms

SIMPLIFY = opencc.OpenCC("t2s")
CHINESE_NAMES = ("CJK UNIFIED", "CJK COMPATIBILITY IDEO", "HIRAGANA LETTER", "KATAKANA LETTER", "HENTAIGANA")
MORE_CHINESE = "々〇〡〢〣〤〥〦〧〨〩ゝゞゟーヽヾヿ\N{KATAKANA LETTER ARCHAIC E}"
STROKES = {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "∆": "δ"}
GREEK_NAMES = {
    letter: unicodedata.name(letter).rpartition(" ")[2].lower().replace("lamda", "lambda")
    for letter in map(chr, range(ord("α"), ord("ω") + 1))
}
KINDS = list(AnnounceType)


@cache
def is_chinese(character):
    return unicodedata.name(character, "").startswith(CHINESE_NAMES) or character in MORE_CHINESE


@cache
def pieces(text):
    """The words and the runs of Chinese of a text, one character after the other."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = text.lower()  # Cherokee is folded upwards
    text = "".join(
        c for c in text if unicodedata.category(c) not in ("Mn", "Mc", "Me", "Cf") or c in "\u3099\u309a"
    )
    found, before = [], None
    text = "".join(STROKES.get(c, c) for c in unicodedata.normalize("NFC", text))
    for character in with_signs(with_greek_names(text)):
        kind = is_chinese(character) if character.isalnum() else None
        for _ in range(2):
            character = SIMPLIFY.convert(character)
        if kind is not None and kind == before:
            found[-1] += character
        elif kind is not None:
            found.append(character)
        before = kind
    return found


def with_greek_names(text):
    """One or two Greek letters as the words for them; more are a word of their own."""
    runs = ["".join(run) for _, run in itertools.groupby(text, lambda c: "α" <= c <= "ω")]
    spelled = [
        "".join(f" {GREEK_NAMES[c]} " for c in run) if "α" <= run[0] <= "ω" and len(run) < 3 else run
        for run in runs
    ]
    return "".join(spelled)


def with_signs(text):
    """Signs that make another term of a word, as words of their own."""
    out, place = "", 0
    while place < len(text):
        stem = stem_before(text, place)
        rest = text[place:]
        bare = rest.removeprefix("^")
        if stem and rest.startswith("++") and rest[2:3] != "+":
            out, place = f"{out} ǁ ", place + 2
        elif 0 < stem < 5 and bare[:1] in STARS and not (ascii_letter(bare[1:2]) or bare[1:2] in STARS):
            out, place = f"{out} ǃ ", place + len(rest) - len(bare) + 1
        elif (
            stem == 1
            and text[place - 1].isalpha()
            and rest[0] in "#♯"
            and not ascii_letter(rest[1:2])
            and rest[1:2] != "#"
        ):
            out, place = f"{out} ǂ ", place + 1
        elif rest[0] == "." and is_open(text[:place]) and rest[1:2].isascii() and rest[1:2].isalpha():
            out, place = f"{out} ǀ ", place + 1
        elif 0 < stem < 3 and text[place - stem : place].isalpha() and is_raised(rest):
            place += len(rest) - len(raised(rest))
        else:
            out, place = out + text[place], place + 1
    return out


STARS = ("*", "∗", "⋆")


def stem_before(text, place):
    """How many ASCII letters and digits stand right before a place."""
    stem = 0
    while stem < place and ascii_letter(text[place - stem - 1]):
        stem += 1
    return stem


def ascii_letter(character):
    return character.isascii() and character.isalnum()


def is_digit(text):
    return text[:1].isascii() and text[:1].isdigit()


def is_open(before):
    return not before or before[-1] in " \n("


def is_raised(rest):
    """Whether a digit follows, or, after `^`, a single letter."""
    what = raised(rest)
    return is_digit(what) or (
        rest[0] == "^" and ascii_letter(what[:1]) and what[0].isalpha() and not ascii_letter(what[1:2])
    )


def raised(rest):
    """What follows `^`, `_`, `^{` or `_{`; the same when there is none."""
    if rest[0] not in "^_":
        return ""
    return rest[2:] if rest[1:2] == "{" else rest[1:]


def stands(wanted, text, *, prefix):
    """Whether these pieces stand side by side: Chinese ones may go on at the outer ends, a prefix at its end."""
    whole = [want for want in wanted if not (prefix or is_chinese(want[0]))]
    return set(text).issuperset(whole) and any(
        all(
            stands_at(want, text[start + place], place == 0, place == len(wanted) - 1, prefix)
            for place, want in enumerate(wanted)
        )
        for start in range(len(text) - len(wanted) + 1)
    )


def stands_at(want, have, is_first, is_last, prefix):
    if is_chinese(want[0]):
        if is_first and is_last:
            return want in have
        return have == want or (is_first and have.endswith(want)) or (is_last and have.startswith(want))
    return have == want or (is_last and prefix and have.startswith(want))


class Oracle:
    """Which of some candidates match a query."""

    def __init__(self, candidates):
        self.candidates = candidates
        self.texts = [texts(one) for one in candidates]
        self.names = [[author_texts(readable(name)) for name in one.paper.authors] for one in candidates]
        self.known = {}

    def matching(self, query: Query) -> set[int]:
        """Whatever matches, revised or not."""
        return self.holding(query.root, reading(query))

    def wanted(self, query: Query) -> set[int]:
        """What a digest carries."""
        read = reading(query)
        fresh = {n for n in range(len(self.candidates)) if self.kind(n, read) in KINDS[:2]}
        return self.matching(query) & (set(range(len(self.candidates))) if query.has_type else fresh)

    def holding(self, node, read):
        everything = set(range(len(self.candidates)))
        match node:
            case And(parts):
                return everything.intersection(*(self.holding(part, read) for part in parts))
            case Or(parts):
                return set().union(*(self.holding(part, read) for part in parts))
            case Not(part):
                return everything - self.holding(part, read)
            case OfType(name):
                return {n for n in everything if self.kind(n, read) == name}
            case leaf:
                if leaf not in self.known:
                    self.known[leaf] = {n for n in everything if self.is_in(leaf, n)}
                return self.known[leaf]

    def is_in(self, leaf, number):
        paper = self.candidates[number].paper
        if isinstance(leaf, InCategory):
            codes = [taxonomy.resolve(code) or code for code in paper.categories]
            return bool(set(codes[:1] if leaf.primary else codes) & taxonomy.expand(leaf.pattern))
        if leaf.field is Field.AUTHOR:
            return any(is_named(author_needles(leaf), texts) for texts in self.names[number])
        return any(
            stands(wanted, text, prefix=leaf.prefix and not is_translation)
            for section, text in self.texts[number].items()
            for wanted, is_translation in sought(leaf, section)
        )

    def kind(self, number, read):
        """The type for who reads these categories: as the best of their listings has it, but new only at home."""
        one = self.candidates[number]
        if read is None:
            return min(one.types.values(), key=KINDS.index)
        seen = [kind for category, kind in one.types.items() if category in read]
        best = min(seen or one.types.values(), key=KINDS.index)
        if (taxonomy.resolve(one.paper.primary) or one.paper.primary) not in read:
            return {"new": AnnounceType.CROSS, "replace": AnnounceType.REPLACE_CROSS}.get(best, best)
        return best


def texts(candidate):
    paper, summary = candidate.paper, candidate.summary
    found = {"title": paper.title, "abstract": paper.abstract, "comment": paper.comments}
    if summary:
        found |= {"title_zh": summary.title, "abstract_zh": summary.abstract}
    return {name: pieces(readable(text)) for name, text in found.items()}


@cache
def sought(term, section):
    """What is looked for in a section: pieces, and whether they are a translation."""
    if term.field not in (None, section.removesuffix("_zh")):
        return []
    own = pieces(term.text)
    has_chinese = any(map(is_chinese, term.text))
    if section.endswith("_zh") and not has_chinese:
        return []
    bends = not (term.quoted or term.prefix or has_chinese)
    found = [
        ([*some[:-1], last], False)
        for some in ([own] if term.prefix or has_chinese else spellings(own))
        for last in (forms(some[-1]) if bends else some[-1:])
    ]
    if has_chinese and not section.endswith("_zh"):
        for phrase in english(SIMPLIFY.convert(term.text)):
            *first, last = pieces(phrase)
            for form in forms(last):
                found.append(([*first, form], True))
    return found


def spellings(own):
    """A term with the names of Greek letters as they are, one of them set apart, or one of them joined."""
    found = [own]
    names = set(GREEK_NAMES.values())
    for place, piece in enumerate(own):
        for name in names:
            head, tail = piece.removeprefix(name), piece.removesuffix(name)
            if head != piece and head.isascii() and head.isdigit():
                found.append([*own[:place], name, head, *own[place + 1 :]])
            if len(name) < 4:
                continue
            if head != piece and is_rest(head) and head != "s":
                found.append([*own[:place], name, head, *own[place + 1 :]])
            elif tail != piece and ((is_rest(tail) and len(tail) < 4) or (tail.isascii() and tail.isdigit())):
                found.append([*own[:place], tail, name, *own[place + 1 :]])
    for place in range(len(own) - 1):
        if own[place] in names or own[place + 1] in names:
            found.append([*own[:place], own[place] + own[place + 1], *own[place + 2 :]])
    return found


def is_rest(text):
    return text.isascii() and text.isalpha()


def reading(query):
    """The categories that a query reads; None when papers of any category may match."""
    return query.categories if is_bounded(query.root) else None


def is_bounded(node):
    match node:
        case InCategory():
            return True
        case And(parts):
            return any(is_bounded(part) for part in parts)
        case Or(parts):
            return all(is_bounded(part) for part in parts)
    return False
