"""Chinese typography for display: full-width punctuation, and one space between Chinese and Latin.

Math, links and code stay as they are. Translating is not this module's job, and neither is traditional Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.text.masking import mask
from bot.text.normal import HAN, has_han, is_han

_WIDE = {",": "，", ";": "；", ":": "：", "?": "？", "!": "！"}
_FULL_WIDTH = "，。、；：？！（）《》「」『』【】〈〉"
_CONTEXT_BEFORE = frozenset(_FULL_WIDTH)
_CONTEXT_AFTER = frozenset("（《「『【〈")
_BEFORE_NUMBERING = frozenset("\n(,;:?!" + _FULL_WIDTH)

_LATIN = r"A-Za-z0-9\u00b2\u00b3\u00b9\u00c0-\u024f\u0370-\u03ff\u2070-\u209c\u2100-\u214f"
_GOES_ON = r"\.|(?!XQ[0-9]+X)[A-Za-z0-9]"
_MOST_PASSES = 6
_STOP = re.compile(rf"(?<=[{HAN}]) ?\.(?!{_GOES_ON})|(?<=[{HAN}][)）”」』》])\.(?!{_GOES_ON})")
_LATIN_STOP = re.compile(
    rf"(?:(?<=[A-Za-z0-9][A-Za-z])|(?<=[%\])）]))(?<!\bal)(?<!\betc)(?<!\bvs)(?<!\bcf)(?<!\bFig)(?<!\bEq)(?<!\bNo)"
    rf"[”」』》]?\. ?(?=[{HAN}])"
)
_DASH = re.compile(rf"(?<=[{HAN}{_FULL_WIDTH}]) ?-{{2,3}} ?|(?<![-]) ?-{{2,3}} ?(?=[{HAN}])| ?(?<!-)---(?!-) ?")
_RANGE_DASH = re.compile(r"(?<=[A-Za-z0-9])--(?=[A-Za-z0-9])")
_QUOTED = re.compile(r'"([^"\n]{1,200})"')
_SINGLE_QUOTED = re.compile(r"(?<![A-Za-z0-9'])'([^'\n]{1,100})'(?![A-Za-z0-9'])")  # no apostrophes
_ARGUMENT = rf"(?![^,()\[\]{{}}]*[A-Za-z]{{3}})[^\s,()\[\]{{}}{HAN}{_FULL_WIDTH}]{{1,12}}"
_BARE_COMMA = re.compile(
    rf"(?P<kept>[(\[{{]{_ARGUMENT}(?:,{_ARGUMENT})+[)\]}}])"  # f(x,y), [0,1] and SU(2,1)
    r"|(?<=[A-Za-z\u0370-\u03ff0-9%),]),(?=[A-Za-z\u0370-\u03ff])|(?<=[A-Za-z\u0370-\u03ff%)]),(?=[0-9])"
    rf"|(?<=[0-9]),(?=[0-9](?!\d\d(?!\d))(?!-[{HAN}]))"  # neither 1,000 nor 1,2-二氯乙烷
)
_FUNCTION = 3  # letters of a name that takes brackets, as f(x) and log(n) do
_NAME_BEFORE = re.compile(r"[^ ,;:(){}\[\]\u3000-\u9fff\uff00-\uffef]+$")
_BLANKS = re.compile(r"[ \t\u00a0]+")
_PERCENT = re.compile(r"(?<=[0-9]) (?=%(?![A-Za-z0-9]))")
_AROUND_WIDE = re.compile(rf"(?<=[{_FULL_WIDTH}]) | (?=[{_FULL_WIDTH}])")
_HAN_LATIN = re.compile(rf"(?<=[{HAN}]) ?(?=[{_LATIN}]|\$[0-9])")
_LATIN_HAN = re.compile(rf"(?<=[{_LATIN}%+°)]) ?(?=[{HAN}])")


def typeset(text: str) -> str:
    """Set a Chinese text; a text without Chinese stays as it is. Twice is the same as once."""
    if not has_han(text):
        return text
    masked = mask(text)
    shown = masked.text
    for _ in range(_MOST_PASSES):  # a mark that was widened is Chinese for what stands beside it
        before, shown = shown, _set(shown)
        if shown == before:
            break
    return masked.restored(shown)


def _set(text: str) -> str:
    spaced = _BLANKS.sub(" ", text)
    ended = _LATIN_STOP.sub(
        lambda found: found[0].partition(".")[0] + "。", _STOP.sub("。", _quoted(_dashed(spaced)))
    )
    widened = _widened(_BARE_COMMA.sub(lambda found: found["kept"] or "，", _with_wide_brackets(ended)))
    closed = _AROUND_WIDE.sub("", _PERCENT.sub("", widened))
    return _LATIN_HAN.sub(" ", _HAN_LATIN.sub(" ", closed))


def _dashed(text: str) -> str:
    """Set hyphens in a row: two beside Chinese are its dash, elsewhere TeX's dash of ranges and double names."""
    return _RANGE_DASH.sub("–", _DASH.sub("——", text))


def _quoted(text: str) -> str:
    """Curl the straight quotes around Chinese, or beside it; those of Latin words among themselves stay."""
    doubled = _QUOTED.sub(lambda found: f"“{found[1]}”" if _is_in_chinese(found) else found[0], text)
    return _SINGLE_QUOTED.sub(lambda found: f"‘{found[1]}’" if has_han(found[1]) else found[0], doubled)


def _is_in_chinese(found: re.Match[str]) -> bool:
    before, after = _neighbour(found.string, found.start(), -1), _neighbour(found.string, found.end() - 1, 1)
    beside = (before, after)
    return has_han(found[1]) or any(is_han(char) or char in _CONTEXT_BEFORE for char in beside if char)


def _with_wide_brackets(text: str) -> str:
    """Widen brackets around or behind Chinese; `f(x)` and "RKSC (Reasoning-Aware)" keep theirs."""
    chars = list(text)
    opened: list[int] = []
    for index, char in enumerate(text):
        if char in "(（":
            opened.append(index)
        elif char in ")）":
            start = opened.pop() if opened else index
            if _is_wide(text, start, index):
                chars[start], chars[index] = "（" if start < index else "）", "）"
    for start in opened:
        if _is_wide(text, start, start):
            chars[start] = "（"
    return "".join(chars)


def _is_wide(text: str, start: int, end: int) -> bool:
    """Whether the brackets at `start` and `end` (the same place, if one has no partner) should be full width."""
    if text[start] == "（" or text[end] == "）" or has_han(text[start:end]):
        return True
    before, after = _neighbour(text, start, -1), _neighbour(text, end, 1)
    is_numbering = not before or before in _BEFORE_NUMBERING or start == end
    return is_han(before) or (is_han(after) and (is_numbering or not _is_argument(text, start)))


def _is_argument(text: str, start: int) -> bool:
    """Whether a bracket belongs to what stands before it: f(x), log(n), O(1); not GPT-4o-mini(OpenAI)."""
    name = _NAME_BEFORE.search(text[max(0, start - 2 * _FUNCTION) : start])
    return name is not None and len(name[0]) <= _FUNCTION


def _widened(text: str) -> str:
    """Widen punctuation next to Chinese, from left to right: what stands behind a wide mark sees it."""
    chars = list(text)
    for index, char in enumerate(text):
        if char in _WIDE:
            before, after = _neighbour(chars, index, -1), _neighbour(chars, index, 1)
            if is_han(before) or before in _CONTEXT_BEFORE or is_han(after) or after in _CONTEXT_AFTER:
                chars[index] = _WIDE[char]
    return "".join(chars)


def _neighbour(text: Sequence[str], index: int, step: int) -> str:
    """The next character in one direction, over a space; "" at the end."""
    for place in (index + step, index + 2 * step):
        if not 0 <= place < len(text):
            return ""
        if text[place] != " ":
            return text[place]
    return ""
