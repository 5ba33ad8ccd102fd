"""The one form in which texts and search terms are compared, and the plurals that count as the same word.

It takes readable text: TeX is the job of `latex`. What a match is, is the job of `matching`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from bot.text.variants import simplified

HAN = (
    "\u3005\u3007\u3021-\u3029"  # iteration mark, zero, Hangzhou numerals
    "\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\U0001b000-\U0001b16f"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Han characters and kana, as the inside of a regular expression's character set."""
_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_NOTHING_TO_FOLD = "\u3041-\u3096\u30a1-\u30fa\u3400-\u4dbf\u4e00-\u9fff"  # but traditional characters
_SETTLED = re.compile(f"[{_NOTHING_TO_FOLD}]+")
_PLAIN = re.compile(f"[{_NOTHING_TO_FOLD}，。、；：？！（）《》“”‘’…—]+")  # most of what is written in Chinese
_UNSETTLED = re.compile(f"[^{_NOTHING_TO_FOLD}]+")
_VOICING = re.compile("[\u3099-\u309c\uff9e\uff9f]")  # what may join the kana before it
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]+")
_WORD = re.compile(r"[^\W_]+")

_ASCII = bytes(ord(chr(code).lower()) if chr(code).isalnum() else 32 for code in range(128)) + bytes(128)
_DROPPED = {"Mn", "Me", "Mc", "Cf"}
_JOINS = re.compile("[\u1160-\u11ff\ud7b0-\ud7ff\u3099\u309a\uff9e\uff9f]")  # vowels of Hangul, voicing of kana
_VOICED = "\u3099\u309a"  # these marks are part of a kana, not an accent
_STROKES = str.maketrans(
    {"ł": "l", "ø": "o", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "∆": "δ"}
)
"""Letters that have no decomposition, but that people type without the stroke; and a sign used as a letter."""

_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi"
    " chi psi omega"
)
GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _NAMES.split(), strict=True))
"""Greek letters as people type them: γ-ray is gamma-ray, ΛCDM lambda CDM; three and more are a Greek word."""
_GREEK = re.compile("(?<![α-ω])[α-ω]{1,2}(?![α-ω])")
_GREEK_WORD = re.compile("[\u0370-\u03ff\u1f00-\u1fff\u0300-\u036f∆]{3,}")
_GREEK_NAMES = {letter: f" {name} " for letter, name in GREEK.items()}

_STEM = "|".join(rf"(?<=(?<![A-Za-z0-9])[A-Za-z0-9]{{{length}}})" for length in range(1, 5))
_SIGN = re.compile(
    rf"""(?P<plus>(?<=[A-Za-z0-9])\+\+(?!\+)) | (?P<star>(?:{_STEM})\^?[*∗⋆](?![A-Za-z0-9*∗⋆]))
    | (?P<sharp>(?<=(?<![A-Za-z0-9])[A-Za-z])[#♯](?![A-Za-z0-9#]))
    | (?P<dot>(?:(?<=[\x20\n(])|(?<!.))\.(?=[A-Za-z]))
    | (?P<raised>(?:(?<=(?<![A-Za-z0-9])[A-Za-z])|(?<=(?<![A-Za-z0-9])[A-Za-z][A-Za-z]))
        (?:[\^_]\{{?(?=[0-9])|\^\{{?(?=[A-Za-z](?![A-Za-z0-9]))))
    """,
    re.VERBOSE | re.DOTALL,
)
_SIGN_HINTS = ("*", "#", "^", "_", "++", " .", "(.", "\n.", "∗", "⋆", "♯")  # far faster than an expression
_SIGNS = {"plus": " ǁ ", "star": " ǃ ", "sharp": " ǂ ", "dot": " ǀ ", "raised": ""}
"""Signs that make another term of a word, as words of their own: so `C++` does not find C, but C finds `C++`, and
`A*`, `C#` and `.NET` are not a, c and net. They stand as letters that nobody types. R^2 is R², and L^p is Lᵖ.
"""

_BENDING = re.compile("[a-zA-Z]{3,40}")  # `ga` is not `gas`, and nobody writes longer words
_RIGID = frozenset({
    "this", "these", "those", "its", "has", "was", "does", "yes", "plus", "minus", "versus", "always",
    "perhaps", "whereas", "besides", "sometimes", "towards", "news", "series", "species", "bayes",
    "gauss", "gibbs", "higgs", "stokes", "kubernetes",
})  # fmt: skip
"""Words on -s that have neither another singular nor a plural."""
_SINGULAR = frozenset(
    {"alias", "atlas", "bias", "canvas", "chaos", "christmas", "cosmos", "ethos", "lens", "pancreas"}
)
"""Singulars on -s, besides those on -ss, -us and -is (loss, virus, analysis)."""
_THINGS_ON_IC = frozenset(
    {"academic", "ceramic", "characteristic", "clinic", "critic", "epidemic", "fabric", "heuristic", "logic"}
    | {"metric", "mosaic", "pandemic", "plastic", "quadric", "statistic", "tactic", "topic"}
)
"""Nouns on -ic that have a plural; the others are adjectives, and their -ics is a science: dynamic, dynamics."""
_IRREGULAR = {
    "analysis": "analyses",
    "axis": "axes",
    "basis": "bases",
    "hypothesis": "hypotheses",
    "index": "indices",
    "matrix": "matrices",
    "thesis": "theses",
    "vertex": "vertices",
}
_IRREGULAR |= {plural: singular for singular, plural in _IRREGULAR.items()}
"""The plurals that papers are full of and that no rule makes, both ways."""
_PLURAL = frozenset({"apis", "cpus", "dpus", "emojis", "gpus", "imus", "menus", "npus", "rois", "tpus"})
"""Plurals on -us and -is all the same."""


def flat(text: str) -> str:
    """Bring text to the normal form: words and Chinese runs, folded, one space between and at both ends.

    No text gives one space. A term in the same form is found with `in`: `" kv cache "` in `" the kv cache 共享 "`.
    """
    if not text.isascii():
        text = _FOREIGN_RUN.sub(_folded, text)
    if text[:1] == "." or any(map(text.__contains__, _SIGN_HINTS)):
        text = _SIGN.sub(_sign, text)
    if not text.isascii():
        tokens = _WORD.findall(text.lower())
        return f" {' '.join(tokens)} " if tokens else " "
    tokens = text.encode("ascii").translate(_ASCII).decode("ascii").split()
    return f" {' '.join(tokens)} " if tokens else " "


_ASCII_WORD = re.compile("[A-Za-z0-9]+")


class Aligned(NamedTuple):
    """A text in the normal form, and for each character of that where it comes from in the text."""

    flat: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]


def aligned(text: str) -> Aligned:
    """What :func:`flat` makes of a text, with places; nothing at all for the rare text that cannot be aligned."""
    if text.isascii() and (plain := _aligned_words(text)).flat == flat(text):
        return plain
    characters: list[tuple[str, int, int]] = [(" ", 0, 0)]
    signs = {sign.start(): sign for sign in _SIGN.finditer(text)}
    words_in_greek = {place for run in _GREEK_WORD.finditer(text) for place in range(*run.span())}
    sign_ends = 0
    for start, end in pairwise(_clusters(text)):
        if start < sign_ends:
            continue
        if sign := signs.get(start):
            folded, end, sign_ends = _sign(sign), sign.end(), sign.end()
        else:
            piece = text[start:end]
            folded = piece.lower() if piece.isascii() else simplified(_compatible(piece))
            folded = folded if start in words_in_greek else _named(folded)
        for character in folded:
            is_letter = character != "_" and _WORD.fullmatch(character) is not None
            before = characters[-1][0]
            if before != " " and (not is_letter or is_han(character) != is_han(before)):
                characters.append((" ", start, start))
            if is_letter:
                characters.append((character, start, end))
    if characters[-1][0] != " ":
        characters.append((" ", len(text), len(text)))
    letters, starts, ends = zip(*characters, strict=True)
    found = Aligned("".join(letters), starts, ends)
    return found if found.flat == flat(text) else Aligned(" ", (0,), (0,))


def _aligned_words(text: str) -> Aligned:
    """The same for a text of plain words and what stands between them, a hundred times as fast."""
    letters, starts, ends = [" "], [0], [0]
    for word in _ASCII_WORD.finditer(text):
        first, last = word.span()
        letters.append(word[0].lower() + " ")
        starts.extend(range(first, last + 1))
        ends.extend((*range(first + 1, last + 1), last))
    return Aligned("".join(letters), tuple(starts), tuple(ends))


def words(text: str) -> tuple[str, ...]:
    """The words and Chinese runs of a text, in the normal form."""
    return tuple(flat(text).split())


def is_han(char: str) -> bool:
    """Whether a character is written without spaces around it: a Han character (of any plane) or kana."""
    return _HAN.fullmatch(char) is not None


def has_han(text: str) -> bool:
    """Whether a text has any Han character or kana."""
    return not text.isascii() and _HAN.search(text) is not None


def forms(word: str) -> tuple[str, ...]:
    """A word of the normal form, then its regular English plural and all words whose regular plural it may be.

    The relation is symmetric. Words with digits or accents and words on -ic and -ics have only themselves.
    """
    plural = _plural(word)
    plurals = (plural,) if word in _singulars(plural) else ()
    irregular = (_IRREGULAR[word],) if word in _IRREGULAR else ()
    return (word, *plurals, *_singulars(word), *irregular)


def _singulars(word: str) -> tuple[str, ...]:
    """The words that bend to this one: `caches` may come from `cache` and from `cach`."""
    singular_ending = word.endswith(("us", "is")) and word not in _PLURAL
    if not word.endswith("s") or singular_ending or word in _RIGID or word in _SINGULAR:
        return ()
    stems = (word[:-1], word[:-2], word[:-3] + "y")
    return tuple(stem for stem in stems if len(stem) < len(word) and _plural(stem) == word and _bends(stem))


def _bends(word: str) -> bool:
    """Whether a word is a singular that has a regular plural."""
    if not _BENDING.fullmatch(word):
        return False
    if word.endswith(("is", "ics")) or (word.endswith("ic") and word not in _THINGS_ON_IC):
        return False
    return word not in _RIGID and not _singulars(word)


def _plural(word: str) -> str:
    """What the regular plural would be."""
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return word + "es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def _folded(run: re.Match[str]) -> str:
    """Fold characters that are not ASCII (form, case, accents, traditional Chinese); set Chinese runs apart."""
    text = run[0]
    if _PLAIN.fullmatch(text):
        return f" {simplified(' '.join(_SETTLED.findall(text)))} "
    is_whole = _VOICING.search(text) is not None
    folded = _compatible(text) if is_whole else _UNSETTLED.sub(lambda part: _compatible(part[0]), text)
    return _HAN_RUN.sub(r" \g<0> ", simplified(_named(folded)))


def _sign(found: re.Match[str]) -> str:
    return _SIGNS[found.lastgroup or ""]


def _clusters(text: str) -> Iterator[int]:
    """Where characters begin that are folded on their own, and the end: marks belong to what they stand on."""
    for place, character in enumerate(text):
        is_mark = not character.isascii() and (
            _JOINS.match(character) or unicodedata.category(character) in _DROPPED
        )
        if not is_mark or not place or text[place - 1].isascii():
            yield place
    yield len(text)


@lru_cache(maxsize=4096)
def _compatible(text: str) -> str:
    """Without differences of form, case, accent and stroke. It is mostly asked for the same few marks."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (char for char in text if char in _VOICED or unicodedata.category(char) not in _DROPPED)
    return unicodedata.normalize("NFC", "".join(kept)).translate(_STROKES)


def _named(text: str) -> str:
    """Greek letters by their names."""
    return _GREEK.sub(lambda letters: "".join(map(_GREEK_NAMES.__getitem__, letters[0])), text)
