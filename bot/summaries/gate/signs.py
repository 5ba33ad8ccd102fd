"""What stands for itself in any language: formulas, links, and signs that something broke on the way."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from bot.summaries.gate.pair import WIDE, Pair, readable
from bot.text.masking import PLACEHOLDER, URL

_URL = re.compile(URL)
_DOMAIN = re.compile(
    r"(?<![A-Za-z0-9_@./-])(?:[A-Za-z0-9-]{1,63}\.){1,5}"
    r"(?:(?:com|org|net|io|cn|ai|dev|co|edu|gov|info|me|app|xyz|top|site|ru|uk|de|ly)(?![A-Za-z0-9_-])|[a-z]{2,10}(?=/[A-Za-z0-9]))"
)
STANDS_FOR_LINK = re.compile(
    r"(?:https?://)?(?:(?<![A-Za-z])this|此|该|本|这个?)\s?(?:(?:https?|ftp)\s?)?URL(?![A-Za-z])"
    r"|(?:此|该)\s?(?:https?|ftp)\s?(?:网址|链接)|(?:此|该)(?:网址|链接)(?=[处中]?(?:获取|获得|找到|访问|下载|公开|。|$))",
    re.I,
)
"""What is left of a link where arXiv's pages have replaced it by "this https URL"."""
_SPACE = re.compile(r"\s+")
_BRACKETS = re.compile(r"[(){}\[\]$\\]+")
_SCRIPT = re.compile(r"[\^_]")
_RAISED_RUN = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼ⁱⁿᵃ-ᵛᶜᶠᶻˡʰʳˢˣʷʲʸ]+")
_LOWERED = re.compile("[₀-₉₊₋₌ₐ-ₜᵢᵣᵤᵥⱼ]+")
_SHORT = 2  # characters of a formula that may be a part of any word
_RAISED = frozenset("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉^_")
_ENTITY = re.compile(r"&(?:amp|lt|gt|quot|#\d+|#x[0-9a-f]+);", re.I)
_BROKEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffd\ud800-\udfff]|\t"
)
_MARKUP = re.compile(
    r"</?[A-Za-z][\w-]*(?:\s[^<>]*)?/?>|<[@#!][^<>]*>|@(?:everyone|here|channel)\b|!?\[[^\[\]\n]+\]\([^()\s]+\)|```"
)
_DOUBLED = re.compile(r"\\\\(?=[A-Za-z%_&#{}])")
_DOLLAR = re.compile(r"(?<!\\)\$")


def damaged(pair: Pair) -> str:
    """Control and bidirectional characters, broken escapes, leftover placeholders, HTML, mentions."""
    raw, known = pair.raw, pair.raw_known
    if _BROKEN.search(raw):
        return "Write plain text without control characters; write a backslash in JSON as two."
    if PLACEHOLDER.search(raw) and not PLACEHOLDER.search(known):
        return "Use only the placeholders of the English text."
    if len(_DOUBLED.findall(raw)) > len(_DOUBLED.findall(known)):
        return "Keep the backslashes of formulas single."
    if len(_DOLLAR.findall(raw)) % 2 > len(_DOLLAR.findall(pair.raw_source)) % 2:
        return "Close each formula with its dollar sign."
    for pattern in (_MARKUP, _ENTITY):
        foreign = [found[0] for found in pattern.finditer(raw) if found[0] not in known]
        if foreign:
            return "Write plain text without markup and mentions."
    return ""


def links(pair: Pair) -> str:
    """The links of the English, each of them, and no others; a host without a scheme is a link too."""
    raw = STANDS_FOR_LINK.sub(" ", pair.raw)
    ours, theirs = _links(raw), _links(pair.raw_known)
    hosts = {host for host in _DOMAIN.findall(_URL.sub(" ", raw)) if host not in pair.known}
    if foreign := sorted((ours - theirs) | hosts):
        return f"Write only links of the English text; this one is not there: {foreign[0]}"
    lost = sorted(_links(pair.raw_source) - ours) if pair.is_whole else []
    return f"Keep the link {lost[0]}" if lost else ""


def formulas(pair: Pair) -> str:
    """Formulas symbol by symbol, and as often as in the English, with dollar signs around them or without."""
    ours, theirs = _forms(pair.formulas), _forms(pair.source_formulas)
    if not ours and not theirs:
        return ""
    text, known = _Signs(pair.raw), _Signs(pair.raw_known)
    invented = [piece for form, piece in ours if not known.have(form)]
    if invented:
        return f"Copy formulas exactly; this one is not in the English text: {invented[0]}"
    if not pair.is_whole:
        return ""
    lost = [piece for form, piece in theirs if not text.have(form) and not text.have(_SCRIPT.sub("", form))]
    if not lost and len(ours) == len(theirs):
        more, fewer = Counter(form for form, _ in ours), Counter(form for form, _ in theirs)
        lost = [piece for form, piece in theirs if more[form] < fewer[form]]
    return f"Keep the formula {lost[0]}" if lost else ""


class _Signs:
    """A text as it can be searched for formulas: with what separates words, and without."""

    def __init__(self, raw: str) -> None:
        self._open = _scripted(raw)
        self._closed = _SPACE.sub("", self._open)

    def have(self, form: str) -> bool:
        """Whether a formula is in it; a short one not as a part of a word."""
        if not form:
            return True
        if len(form) > _SHORT:
            return form in self._closed
        return re.search(rf"(?<![A-Za-z0-9^_]){re.escape(form)}(?![a-z^_])", self._open) is not None


def _forms(pieces: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each formula, other than a number, in the one form in which it is compared, and as it was given."""
    return [(_SPACE.sub("", _scripted(piece)), piece) for piece in pieces if not _is_number(piece)]


def _scripted(raw: str) -> str:
    """Readable text without brackets, with `^` and `_` before what is raised or lowered."""
    shown = _LOWERED.sub(
        lambda found: f"_{found[0]}", _RAISED_RUN.sub(lambda found: f"^{found[0]}", readable(raw))
    )
    plain = unicodedata.normalize("NFKC", shown.translate(WIDE)).replace("\u2212", "-")
    return _BRACKETS.sub("", plain)


def _links(raw: str) -> set[str]:
    return {_plain(found[0]) for found in _URL.finditer(raw)}


def _plain(link: str) -> str:
    return re.sub(r"\\(?=[_%&#~])", "", link).rstrip("/").removeprefix("https://").removeprefix("http://")


def _is_number(piece: str) -> bool:
    """Numbers have a rule of their own, which knows that $60\\%$ may be 60%; so has punctuation none."""
    signs = readable(piece)
    has_more = any((char.isalpha() and char not in "xkKMB") or char in _RAISED for char in signs)
    return not has_more and (any(map(str.isdigit, signs)) or not any(map(str.isalpha, signs)))
