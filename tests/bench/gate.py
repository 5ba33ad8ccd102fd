"""What the gate catches and what it refuses in vain: on translations by people and models, and on spoilt ones.

The pairs are the project's own invented papers and, where they are there, the samples; English that breaks off in
them is cut at its last whole sentence, with its Chinese. No rule may be tuned on one paper of these.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib import resources
from itertools import pairwise

from bot.model import Language, Paper, Summary
from bot.sources.arxivdaily import read
from bot.summaries import Answer, Job, TextField
from bot.summaries.chain import judge
from bot.summaries.gate import failures
from bot.summaries.repair import repaired
from bot.text import sentences
from tests.counterparts.needed import SAMPLES

Pair = tuple[Paper, Summary]
Spoil = Callable[[Sequence[Pair], int, random.Random], Iterator[str]]

_LEAD = re.compile(r"^(?:摘要：|arXiv:\S+|(?:公告|宣布)类型：[^ ]*|\s)+")
_PRAISE = [
    "该方法在业内引起轰动，遥遥领先。",
    "本文为该领域的发展指明了方向。",
    "这一成果具有重大的应用前景和商业价值。",
]
_CALLS = ["欢迎关注我们的微信公众号。", "更多论文解读请扫码加入交流群。", "点赞转发，一键三连！"]
_CHATTER = ["好的，以下是翻译：", "以下是该摘要的中文翻译：\n", "当然可以！", "Here is the translation: "]
_BEHIND = ["如有任何问题，请随时告诉我。", "希望这个翻译对您有帮助！", "（注：以上为机器翻译）"]
_UNITS = {
    "毫秒": "秒",
    "秒": "毫秒",
    "小时": "分钟",
    "分钟": "小时",
    "天": "周",
    "年": "个月",
    "GB": "MB",
    "倍": "%",
}
_UNITS |= {"Gyr": "Myr", "千米": "米", "微米": "毫米", "纳米": "微米", "毫米": "厘米", "GeV": "MeV", "GHz": "MHz"}
_MONEY = {"美元": "欧元", "欧元": "美元", "英镑": "美元", "元": "日元", "$": "€"}


_NAMES = re.compile(r"(?<![\\A-Za-z0-9$-])[A-Z][a-z0-9]*[A-Z][A-Za-z0-9]{1,}(?![A-Za-z0-9-])")
_NAME = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}$")
_WRONG = frozenset({"2608.15579"})
"""Pairs that are refused rightly: a model of 27 billion parameters has 270 亿, not 27 亿."""


def bench() -> None:
    """Print false alarms, then the share of each kind of damage that is caught, beside its goal."""
    pairs = [*_page(resources.files("bot.demo").joinpath("day", "2026-06-10.txt").read_bytes())]
    if SAMPLES.is_dir():
        pairs += _page((SAMPLES / "arxivdaily_2026-06-10.txt").read_bytes())
        pairs += _cut(SAMPLES / "zh" / "cn-chat-arxiv_200papers.jsonl")
    pairs = [of for of in pairs if of[0].id not in _WRONG]
    refused = [of for of in pairs if _rules(of[0], "abstract", of[1].abstract)]
    _tell("false alarms on abstracts", len(refused), len(pairs), 0.01, most=True)
    for paper, summary in refused:
        print(f"    {paper.id}: {', '.join(_rules(paper, 'abstract', summary.abstract))}")
    good = [of for of in pairs if of not in refused]
    for name, (spoil, goal) in KINDS.items():
        luck = random.Random(7)
        spoilt = [(good[i][0], text) for i in range(len(good)) for text in spoil(good, i, luck)]
        chosen = luck.sample(spoilt, min(150, len(spoilt)))
        _tell(name, sum(bool(_rules(paper, "abstract", text)) for paper, text in chosen), len(chosen), goal)
    _strangers(good)


def _strangers(pairs: Sequence[Pair]) -> None:
    """Titles and lines of other papers: alone, and in one answer with the abstract that belongs to them."""
    luck = random.Random(7)
    for field in ("title", "one_line"):
        alone = within = 0
        mistaken = sum("paper" in _rules(paper, field, getattr(own, field)) for paper, own in pairs)
        _tell(f"its own {field} taken for another's", mistaken, len(pairs), 0.01, most=True)
        for paper, summary in pairs:
            _, other = luck.choice([of for of in pairs if of[1] is not summary])
            alone += bool(_rules(paper, field, getattr(other, field)))
            texts = {TextField(field): getattr(other, field), TextField.ABSTRACT: other.abstract}
            judged, _ = judge(Job(paper, tuple(texts)), Answer(texts))
            within += bool(judged[TextField(field)].flaws)
        _tell(f"another paper's {field}, alone", alone, len(pairs), 0.95 if field == "one_line" else 0)
        _tell(f"another paper's {field}, in one answer", within, len(pairs), 1)


def _tell(name: str, count: int, of: int, goal: float, *, most: bool = False) -> None:
    share = count / max(1, of)
    is_met = share <= goal if most else share >= goal
    print(f"{name:42} {count:4} of {of:4} {share:6.1%}  goal {goal:4.0%} {'met' if is_met else 'MISSED'}")


def _rules(paper: Paper, field: str, text: str) -> list[str]:
    found = failures(paper, Summary(paper.id, paper.version, Language.ZH, **{field: text}))
    return list(dict.fromkeys(one.rule for one in found))


def _page(raw: bytes) -> list[Pair]:
    listing = read(raw)
    if listing is None:
        return []
    papers = {one.paper.id: one.paper for one in listing.announcements}
    return [(papers[one.paper_id], repaired(papers[one.paper_id], one)) for one in listing.summaries]


def _cut(path) -> list[Pair]:
    found = []
    for line in path.read_text("utf-8").splitlines():
        row = json.loads(line)
        english = row["abstract"].partition("Abstract: ")[2]
        chinese = _LEAD.sub("", row["translated_abstract"])
        paper = Paper(row["link"].rsplit("/", 1)[1], 1, row["title"], ("A",), english, ("cs.LG",))
        theirs, ours = sentences.english(english), sentences.chinese(chinese)
        if english.rstrip()[-1:] not in ".!?":
            if len(theirs) != len(ours) or len(theirs) < 3:
                continue
            paper, chinese = replace(paper, abstract=" ".join(theirs[:-1])), "".join(ours[:-1])
        found.append((paper, Summary(paper.id, 1, Language.ZH, row["translated_title"], row["tldr"], chinese)))
    return found


def _dropped(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
    found = sentences.chinese(pairs[index][1].abstract)
    yield from ("".join(found[:n] + found[n + 1 :]) for n in range(len(found)) if len(found) > 1)


def _added(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
    found = sentences.chinese(pairs[index][1].abstract)
    for _ in range(3):
        other = luck.choice([one for n, one in enumerate(pairs) if n != index])[1]
        place = luck.randrange(len(found) + 1)
        yield "".join([*found[:place], luck.choice(sentences.chinese(other.abstract)), *found[place:]])


def _behind(endings: Sequence[str]) -> Spoil:
    return lambda pairs, index, luck: iter([pairs[index][1].abstract + luck.choice(endings)])


def _before(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
    yield luck.choice(_CHATTER) + pairs[index][1].abstract


def _exchanged(table: dict[str, str], before: str = r"[0-9] ?(?:[万亿千百] ?)?") -> Spoil:
    names = "|".join(sorted(map(re.escape, table), key=len, reverse=True))
    pattern = re.compile(rf"({before})({names})")

    def spoil(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
        text = pairs[index][1].abstract
        for found in pattern.finditer(text):
            yield text[: found.start(2)] + table[found[2]] + text[found.end(2) :]

    return spoil


def _names_exchanged(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
    """Two names that each stand in one sentence alone change places."""
    found = sentences.chinese(pairs[index][1].abstract)
    own = [{name for name in _NAMES.findall(one) if "".join(found).count(name) == 1} for one in found]
    for place, (first, second) in enumerate(pairwise(own)):
        for one, other in zip(sorted(first), sorted(second), strict=False):
            ours, theirs = found[place].replace(one, other), found[place + 1].replace(other, one)
            yield "".join([*found[:place], ours, theirs, *found[place + 2 :]])


def _formula(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
    text = pairs[index][1].abstract
    for found in re.finditer(r"\$[^$]{1,60}\$", text):
        letters = [
            n for n in range(found.start() + 1, found.end() - 1) if text[n].isalnum() and text[n - 1] != "\\"
        ]
        letters = [n for n in letters if not (text[n].isalpha() and re.match(r"[A-Za-z]{2}", text[n - 1 : n + 1]))]
        if letters and not re.fullmatch(r"\$[-+\d.,\\%times ]+\$", found[0]):
            place = luck.choice(letters)
            yield text[:place] + luck.choice("hqvw7") + text[place + 1 :]


def _script(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
    text = pairs[index][1].abstract
    for found in re.finditer(r"(?<=[A-Za-z})])[\^_](?=[{A-Za-z0-9])", text):
        if re.match("_[A-Za-z]{2}", text[found.start() :]) and _NAME.search(text[: found.start()]):
            continue  # bbox_mAP is no formula
        yield text[: found.start()] + ("_" if found[0] == "^" else "^") + text[found.end() :]


def _claimed(words: Sequence[str]) -> Spoil:
    def spoil(pairs: Sequence[Pair], index: int, luck: random.Random) -> Iterator[str]:
        text = pairs[index][1].abstract
        for verb in re.finditer("提出|引入|展示|研究|证明", text):
            yield text[: verb.start()] + luck.choice(words) + text[verb.start() :]

    return spoil


KINDS: dict[str, tuple[Spoil, float]] = {
    "a sentence dropped": (_dropped, 0.97),
    "a sentence of another paper added": (_added, 0.95),
    "praise behind": (_behind(_PRAISE), 0.95),
    "a call to follow behind": (_behind(_CALLS), 0.95),
    "chatter before": (_before, 0.95),
    "chatter behind": (_behind(_BEHIND), 0.95),
    "a unit changed": (_exchanged(_UNITS), 0.6),
    "% to percentage points": (_exchanged({"%": " 个百分点", r"\%$": "$ 个百分点"}), 0.9),
    "a currency changed": (_exchanged(_MONEY), 0.6),
    "two names exchanged": (_names_exchanged, 0.9),
    "a formula altered": (_formula, 0.95),
    "x^2 to x_2": (_script, 0.95),
    "a superlative": (_claimed(["以史上最强的方式", "以前所未有的方式", "以业界领先的水平"]), 0.9),
    "a first": (_claimed(["首次", "率先", "在全球首次"]), 0.9),
}
