"""The shape of a text: Chinese, complete, of the right length, said once, and nothing around it."""

from __future__ import annotations

import re
from collections import Counter

from bot.summaries.gate.pair import Pair
from bot.text import sentences as split

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_OTHER_SCRIPT = re.compile(r"[\u3041-\u3096\u30a1-\u30fa\uac00-\ud7af]")
_LETTERS = re.compile(r"[A-Za-z]+")
_SHARE = {"title": 0.3, "one_line": 0.45, "abstract": 0.45}
"""Of a text, Chinese characters among these and Latin words (a word says as much as two characters)."""

_RATIO = {"title": (0.12, 0.9), "abstract": (0.22, 0.5)}
_LEEWAY = {"title": 12, "abstract": 30}
_ONE_LINE = (8, 260)

_SAID = re.compile(r"[^\w]+")
_LONG_ENOUGH = 10
_LONGEST_SAID = 40
_LOOP = re.compile(rf"(\w[^\n]{{2,{_LONGEST_SAID - 1}}}?)\1{{3,}}|([^\W\d_])\2{{5,}}")
_END = re.compile(r"[。.!?！？…:;；][\"'”’」』)\]]*$|[\"”」』]$|\)$|\$$|\]$|(?:https?://|www\.)[!-~]+$")
_CUT = re.compile(r"(?:…+|\.{3,})[\"”)]*$")
_LAST_WORD = re.compile(r"[!-~]+$")
_TAIL = 300
_PREAMBLE = re.compile(
    r"^\s*+(?:[\"“「『]?\s*+(?:以下(?:是|为)[^。，]{0,12}(?:译|翻|摘要|标题|内容|中文)|下面是|这是(?:您|你|一份|该|译文|翻译|中文|论文)|好的|没问题|当然(?:可以)?[，,。！!]|(?:译文|翻译(?:如下|结果)?|译者?[注按])\s*[:：]"
    r"|摘要\s*[:：]|标题\s*[:：]|中文(?:摘要|标题|翻译|译文)"
    r"|根据您|作为一个?(?:AI|人工智能|语言模型)|抱歉|对不起|here(?:'s| is| are)\b|sure\b|certainly\b"
    r"|translation\b|of course\b"
    r"|i'm sorry|as an ai)|[{\[]\s*\"|\*\*|#{1,6}\s|>\s|```|<)",
    re.I,
)
_AFTERWORD = re.compile(
    r"(?:希望(?:以上|对[您你]|(?:这|本)[个份段篇]?(?:翻译|译文|回答|答案))|如(?:有|需|果您)[^。]{0,20}(?:请|告诉我)|注[:：]\s?(?:以上|本译)|译者?[注按][:：])[^。]*。?\s*$"
)


def chinese(pair: Pair) -> str:
    """Chinese, not English, Japanese or Korean."""
    if not pair.is_chinese:
        return "Write it in English." if _HAN.search(pair.text) and not _HAN.search(pair.known) else ""
    if _OTHER_SCRIPT.search(pair.text) and not _OTHER_SCRIPT.search(pair.known):
        return "Write it in Chinese only, not in Japanese or Korean."
    han, words = len(_HAN.findall(pair.text)), len(_LETTERS.findall(pair.text))
    is_chinese = han and han >= _SHARE[pair.field] * (han + 2 * words)
    return "" if is_chinese else "Write it in Chinese: too much of it is not."


def preamble(pair: Pair) -> str:
    """A remark of the translator before or behind the text, or the markup of an answer."""
    found = _PREAMBLE.match(pair.raw) or _AFTERWORD.search(pair.raw[-_TAIL:])
    is_ours = found is None or (pair.raw_source.lstrip().startswith(found[0].strip()))
    return "" if is_ours else "Write only the translation: no remarks, labels, quotes or markup around it."


def length(pair: Pair) -> str:
    """Chinese is a third as long as English; one line has bounds of its own."""
    size = len(pair.text.strip())
    if not pair.is_whole:
        low, high = _ONE_LINE if pair.is_chinese else (_ONE_LINE[0], 3 * _ONE_LINE[1])
    else:
        factor = 1.0 if pair.is_chinese else 3.0
        ratios, leeway, source = _RATIO[pair.field], _LEEWAY[pair.field], len(pair.source)
        low = int(factor * ratios[0] * source) - leeway // 3
        high = int(factor * ratios[1] * source) + leeway
    if size < low:
        return "It is much too short: leave nothing out."
    return "It is much too long: add nothing and repeat nothing." if size > high else ""


def sentences(pair: Pair) -> str:
    """Check that the Chinese has each sentence of the English and no more; joining or splitting is no fault."""
    if pair.field != "abstract" or not pair.is_chinese or pair.groups is not None:
        return ""
    ours, theirs = len(split.chinese(pair.text)), len(split.english(pair.source))
    return f"The English has {theirs} sentences, this has {ours}: translate each one, and add none."


def repetition(pair: Pair) -> str:
    """The same sentence twice, or a phrase in a loop."""
    said = Counter(
        _SAID.sub("", one) for one in split.chinese(pair.text) if len(_SAID.sub("", one)) >= _LONG_ENOUGH
    )
    is_twice = max(said.values(), default=0) > 1 and max(said.values()) > _most_alike(pair.source)
    is_loop = _has_loop(pair.text) and not _has_loop(pair.source)
    return "Say nothing twice: a passage is repeated." if is_twice or is_loop else ""


def _has_loop(text: str) -> bool:
    """Whether a phrase is said four times in a row, or a letter six times."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, three in enumerate(zip(text, text[1:], text[2:], strict=False)):
        places.setdefault(three, []).append(place)
    # Then its beginning is there four times, near one another: quickly seen, and rare.
    is_near = any(
        fourth - first <= 3 * _LONGEST_SAID
        for some in places.values()
        if len(some) > 3
        for first, fourth in zip(some, some[3:], strict=False)
    )
    return is_near and _LOOP.search(text) is not None


def _most_alike(source: str) -> int:
    """How often the same sentence stands in an English text."""
    return max(Counter(_SAID.sub("", one) for one in split.english(source)).values(), default=1)


def truncated(pair: Pair) -> str:
    """Check that an abstract ends with a sentence, unless the English one does not."""
    if pair.field != "abstract":
        return ""
    text, source = pair.raw.rstrip()[-_TAIL:], pair.raw_source.rstrip()[-_TAIL:]
    is_ended = _END.search(text) or (not _END.search(source) and _last_word(text) == _last_word(source) != "")
    is_cut = not is_ended or (_CUT.search(text) and not _CUT.search(source))
    return "It breaks off: translate it to its end." if is_cut else ""


def _last_word(text: str) -> str:
    """What a text in Latin letters or signs ends with."""
    found = _LAST_WORD.search(text)
    return found[0] if found else ""
