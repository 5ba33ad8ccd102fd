"""Names of authors: the texts that are looked through for them, and what is looked for in these.

A name is written in many ways: Tian-Yu, Tianyu and Tian Yu, T.-Y., with or without middle names, Jürgen and
Juergen, family name first, `roe_a` as arXiv's author identifiers have it. So a name is looked through as written
and as keys: its given names or their initials, then its family name. Two names are the same when their keys meet:
given names agree one by one, by the word or by its initial, as far as both have them, two at the most.
Particles belong to the family name, which may be written in one: van der Berg, Vanderberg. One that may as well
be a given name, as in Xiao Di Wang, is read both ways.

https://info.arxiv.org/help/author_identifiers.html
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, product

from bot.query import Term
from bot.text.normal import words

_INITIAL = "\x01"  # before a letter: any name that begins with it
_ALL_ONE, _SOME_ONE, _ALL_TWO, _SOME_TWO = "\x02", "\x03", "\x04", "\x05"
"""How many given names a key has, and whether these are all of them or the first of more."""
_SUFFIXES = ("", "jr", "sr", "ii", "iii", "iv", "phd", "ph.d", "md", "m.d", "et al")
_BEGINNING = "\x06"  # of a name as it is written
_TITLE = re.compile(r"(?:dr|prof|professor|mr|ms|mrs)\b\.?\s+", re.IGNORECASE)
_SURE_PARTICLES = frozenset({"van", "von", "vom", "vander", "della", "dello", "dos", "zum", "zur", "ibn"})
"""Those that are nobody's given name, unless nothing stands before them."""
_PARTICLES = _SURE_PARTICLES | {
    "der", "dem", "dalla", "das", "del", "des", "du", "zu", "ter", "abu", "af", "av", "mc", "mac", "st", "saint",
    "ben", "bin", "bint", "al", "el", "de", "di", "da", "do", "la", "le", "lo", "den", "ten", "te", "dal", "san",
    "santa",
}  # fmt: skip
_APART = re.compile(r"(?<![^\W\d_])([DdLlOo]['’])\s+(?=\w)")
_INITIALS = re.compile(r"(?<![^\W_])[A-Z]{2,3}(?![^\W_])")
_JOINED = re.compile(r"[^\W\d_](?:\.-?[^\W\d_])*[.-][^\W\d_]{2,}")
_HYPHEN = re.compile("[-‐‑–]")
_APOSTROPHES = str.maketrans("", "", "'’ʼ`")
_DIGRAPHS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"}
    | {"Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "Ø": "Oe", "Å": "Aa", "Æ": "Ae"}
)
_PINYIN = re.compile("(?<![^\\W\\d_])([ln])ü", re.IGNORECASE)
"""Lü, which passports have as Lyu, and many papers as Lv."""
_IDENTIFIER = re.compile(r"(?P<family>[^\W\d]+(?:_[^\W\d]{2,})*)_(?P<initial>[^\W\d_])(?:_[0-9]+)?")

Atom = tuple[str, ...]
"""One part of a name in normal form: a word, or the syllables that a hyphen joins."""


def given_first(name: str) -> str:
    """A name in the order in which it is spoken: `LeCun, Yann` is Yann LeCun, but `Smith, Jr.` is no Jr. Smith."""
    last, comma, given = name.partition(",")
    return f"{given} {last}" if comma and given.strip(" .,").lower() not in _SUFFIXES else name


@lru_cache(maxsize=65_536)  # who writes one paper writes more
def author_texts(name: str) -> tuple[str, ...]:
    """All texts that stand for one author, in normal form."""
    return tuple(dict.fromkeys(chain.from_iterable(map(_texts, _spellings(name)))))


@lru_cache(maxsize=4096)
def author_needles(term: Term) -> tuple[str, ...]:
    """What is looked for in the texts of authors: any of it tells that a term names one."""
    text = _TITLE.sub("", term.text)
    is_bare = not (term.quoted or term.prefix)
    identifier = _IDENTIFIER.fullmatch(text) if is_bare else None
    is_joined = is_bare and ("_" in text or _JOINED.fullmatch(text) is not None)
    if identifier:
        text = f"{identifier['initial']} {identifier['family'].replace('_', ' ')}"
    elif is_joined:  # lecun_yann, y.lecun
        text = re.sub(r"(?<=[^\W_])[_.-](?=[^\W_])", " ", text)
    found: dict[str, None] = {}
    for spelling in (*_spellings(text), *(() if text.isupper() else _with_initials(text))):
        atoms = _atoms(given_first(spelling))
        is_name = term.quoted or identifier or (is_joined and not _is_particle(atoms[0]))
        found |= dict.fromkeys(_phrase_needles(atoms, is_prefix=term.prefix, is_name=bool(is_name)))
        if is_name and len(atoms) > 1:
            found |= dict.fromkeys(_key_needles(atoms, is_sure=identifier is not None or "," in text))
    return tuple(found)


def is_named(needles: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether any of these needles is in any of these texts."""
    return any(needle in text for needle in needles for text in texts)


def _spellings(name: str) -> Iterator[str]:
    """A name as it is, and with two letters for one: Juergen for Jürgen, Lyu for Lü; never the other way round."""
    yield name
    if name.isascii():
        return
    composed = unicodedata.normalize("NFC", name)
    if (spelled := composed.translate(_DIGRAPHS)) != composed:
        yield spelled
    if _PINYIN.search(composed):
        yield from (_PINYIN.sub(rf"\1{letters}", composed) for letters in ("yu", "v"))


def _with_initials(name: str) -> Iterator[str]:
    """`Smith JA` as Smith J A."""
    if (apart := _INITIALS.sub(lambda letters: " ".join(letters[0]), name)) != name:
        yield apart


def _atoms(name: str) -> list[Atom]:
    if name.isascii() and name.replace(" ", "").isalpha():
        return [(word,) for word in name.lower().split()]
    found: list[Atom] = []
    for part in _APART.sub(r"\1", name).translate(_APOSTROPHES).split():
        syllables = [words(one) for one in _HYPHEN.split(part)]
        if len(syllables) > 1 and all(len(one) == 1 and len(one[0]) > 1 for one in syllables):
            found.append(tuple(one[0] for one in syllables))
        else:
            found += [(word,) for word in chain.from_iterable(syllables)]
    return found


def _phrases(atoms: Sequence[Atom]) -> list[str]:
    """The words of a name in a row; syllables apart and put together; particles and family name put together."""
    together = list(map("".join, atoms))
    start = _family_start(atoms, least=0)
    glued = [*together[:start], "".join(together[start:])]
    return [" ".join(chain.from_iterable(atoms)), " ".join(together), " ".join(glued)]


def _is_particle(atom: Atom) -> bool:
    return len(atom) == 1 and atom[0] in _PARTICLES


def _family_start(atoms: Sequence[Atom], *, least: int) -> int:
    """Where the family name begins, with its particles."""
    start = max(len(atoms) - 1, 0)
    while start > least and _is_particle(atoms[start - 1]):
        start -= 1
    return start


def _is_sure(particles: Sequence[Atom]) -> bool:
    """Whether these are no given names."""
    return len(particles) > 1 or particles[0][0] in _SURE_PARTICLES


def _texts(name: str) -> Iterator[str]:
    first, _, rest = name.partition(" ")
    for spelling in (name, *(f"{one} {rest}" for one in _with_initials(first) if rest and not rest.isupper())):
        atoms = _atoms(given_first(spelling))
        yield from (f" {_BEGINNING} {phrase} " for phrase in _phrases(atoms))
        if len(atoms) < 2:
            continue
        yield from _keys(atoms[:-1], "".join(atoms[-1]))
        if (start := _family_start(atoms, least=1)) < len(atoms) - 1:
            yield from _keys(atoms[:start], "".join(chain.from_iterable(atoms[start:])))
        if len(atoms[-1]) > 1:
            yield from _keys_of_two_families(atoms[:-1], atoms[-1])


def _keys_of_two_families(given: list[Atom], families: Atom) -> Iterator[str]:
    """Ada Garcia-Roe, whom others write Ada Garcia Roe: never Ada Roe."""
    level = _ALL_TWO if len(given) == 1 and len(given[0]) == 1 and len(families) == 2 else _SOME_TWO
    first = given[0][0]
    for one in (first, _INITIAL + first[0]):
        yield _key(level, f"{one} {families[0]}", "".join(families[1:]))


def _keys(given: list[Atom], family: str) -> Iterator[str]:
    """An author by given names and family name; of joined syllables, only the first is no name."""
    first, pieces = given[0], list(chain.from_iterable(given))
    yield _key(_ALL_ONE if len(given) == 1 else _SOME_ONE, "".join(first), family)
    yield _key(_ALL_ONE if len(pieces) == 1 else _SOME_ONE, _INITIAL + pieces[0][0], family)
    if len(pieces) == 1:
        return
    level = _ALL_TWO if len(pieces) == 2 else _SOME_TWO
    second = _INITIAL + pieces[1][0]
    yield _key(level, f"{_INITIAL}{pieces[0][0]} {second}", family)
    if len(first) > 1:
        return
    yield from (_key(level, f"{one} {two}", family) for one in first for two in ("".join(given[1]), second))
    yield _key(level, f"{_INITIAL}{pieces[0][0]} {''.join(given[1])}", family)
    if _are_syllables(given):
        yield _key(_ALL_ONE, "".join(pieces), family)


def _phrase_needles(atoms: list[Atom], *, is_prefix: bool, is_name: bool) -> Iterator[str]:
    """The words in a row; an initial, which must not contradict one before it, only where a name begins."""
    is_initial = is_name and len(atoms) > 1 and len(atoms[0][0]) == 1
    before, after = f" {_BEGINNING} " if is_initial else " ", "" if is_prefix else " "
    yield from (f"{before}{phrase}{after}" for phrase in _phrases(atoms))


def _key_needles(atoms: list[Atom], *, is_sure: bool) -> Iterator[str]:
    """The keys of all authors that may be this one; of `Roe Ada`, also those of Roe as a given name."""
    start = _family_start(atoms, least=1)
    particles = atoms[start:-1]
    if not all(map(_is_particle, atoms[:start])) or len(atoms[:start]) + len(particles) == 1:
        if particles:
            yield from _sought(atoms[:start], "".join(chain.from_iterable(atoms[start:])), is_sure=True)
        if not particles or not _is_sure(particles):
            yield from _sought(atoms[:-1], "".join(atoms[-1]), is_sure=True)
    if len(atoms[-1]) > 1:
        first, *rest = atoms[-1]
        for one in _meant("".join(atoms[0]), atoms[0][0], is_sure=True):
            yield from (_key(level, f"{one} {first}", "".join(rest)) for level in (_ALL_TWO, _SOME_TWO))
    if not is_sure and not (particles and _is_sure(particles)):
        yield from _sought(atoms[1:], "".join(atoms[0]), is_sure=False)


def _sought(given: list[Atom], family: str, *, is_sure: bool) -> Iterator[str]:
    """The keys of all authors that may be this one; where the order of a name is not sure, without initials."""
    first, pieces = given[0], list(chain.from_iterable(given))
    ones = _meant("".join(first), first[0], is_sure=is_sure)
    yield from (_key(_ALL_ONE, one, family) for one in ones)
    if len(given) == 1:
        yield from (_key(_SOME_ONE, one, family) for one in (ones if len(first) == 1 else ones[:1]))
    if len(first) > 1:
        pairs = [(pieces[0][0], pieces[1][0])] if is_sure else []
    elif len(given) > 1:
        pairs = [*product(ones, _meant("".join(given[1]), pieces[1], is_sure=is_sure))]
    else:
        pairs = []
    yield from (_key(level, f"{one} {two}", family) for level in (_ALL_TWO, _SOME_TWO) for one, two in pairs)
    if _are_syllables(given):
        yield _key(_ALL_ONE, "".join(pieces), family)


def _meant(name: str, syllable: str, *, is_sure: bool) -> tuple[str, ...]:
    """How a given name may stand in a key: as it is, and by its initial or, if it is one, by any name for it."""
    if len(name) == 1:
        return (name, _INITIAL + name)
    return (name, syllable[0]) if is_sure else (name,)


def _are_syllables(given: Sequence[Atom]) -> bool:
    """Whether two given names may be the parts of a name that others write as one word."""
    return len(given) == 2 and all(len(atom) == 1 and len(atom[0]) > 1 for atom in given)


def _key(level: str, given: str, family: str) -> str:
    return f" {level}{given} {family} "
