"""What goes wrong with translations, done to good ones on purpose: the gate must flag each text."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence

from bot.model import Paper
from bot.text import sentences

Pairs = Sequence[tuple[Paper, str]]
Mutation = Callable[[Pairs, int, random.Random], Iterator[str]]

_NAME = re.compile(r"(?<![A-Za-z0-9-])[A-Z][A-Za-z0-9]*[A-Z0-9][A-Za-z0-9-]*")
_NAMES = ["GPT-5", "DeepFoo", "BERT-Large", "XNet", "Claude", "QuantFormer", "ABCD", "Zephyr-7B"]
_LINKS = [
    "https://evil.example.com/a",
    "http://bit.ly/2x",
    "www.free-papers.net",
    "https://github.com/a/b",
    "t.co/abc",
]
_PREAMBLES = [
    "以下是翻译：",
    "好的，这是您要的翻译：\n",
    "摘要：",
    "中文摘要：",
    "Here is the translation:\n",
    "Sure! ",
    "**翻译**\n",
]
_PREAMBLES += ['{"abstract": "', "```\n", "翻译如下：", "当然可以，以下是中文译文。\n", "# 摘要\n"]


def another_papers_text(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    yield from (text for other, (_, text) in enumerate(pairs) if other != index)


def one_digit_changed(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    text = pairs[index][1]
    for found in re.finditer("[0-9]", text):
        digit = luck.choice([each for each in "0123456789" if each != found[0]])
        yield text[: found.start()] + digit + text[found.end() :]


def two_sentences_dropped(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    found = sentences.chinese(pairs[index][1])
    for _ in range(12):
        if len(found) > 2:
            dropped = luck.sample(range(len(found)), 2)
            yield "".join(one for number, one in enumerate(found) if number not in dropped)


def cut(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    text = pairs[index][1]
    yield from (text[: int(len(text) * luck.uniform(0.3, 0.9))] for _ in range(12))


def left_in_english(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    paper, text = pairs[index]
    yield paper.abstract
    half = sentences.english(paper.abstract)
    yield " ".join(half[: len(half) // 2]) + "".join(sentences.chinese(text)[len(half) // 2 :])
    yield "".join(sentences.chinese(text)[: len(half) // 2]) + " ".join(half[len(half) // 2 :])


def looped(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    text = pairs[index][1]
    found = sentences.chinese(text)
    for _ in range(6):
        place = luck.randrange(len(found))
        yield "".join([*found[: place + 1], *[found[place]] * luck.randint(1, 6), *found[place + 1 :]])
        start = luck.randrange(max(len(text) - 12, 1))
        yield text[:start] + text[start : start + luck.randint(3, 12)] * 8 + text[start + 12 :]


def foreign_link(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    text = pairs[index][1]
    for link in _LINKS:
        place = luck.randrange(len(text))
        yield f"{text} 详见 {link}。"
        yield f"{text[:place]}（{link}）{text[place:]}"


def swapped_name(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    paper, text = pairs[index]
    known = f"{paper.title} {paper.abstract} {paper.comments}".lower()
    for found in _NAME.finditer(text):
        name = luck.choice([each for each in _NAMES if each.lower() not in known])
        yield text[: found.start()] + name + text[found.end() :]


def preamble(pairs: Pairs, index: int, luck: random.Random) -> Iterator[str]:
    yield from (words + pairs[index][1] for words in _PREAMBLES)


ALL: tuple[Mutation, ...] = (
    another_papers_text,
    one_digit_changed,
    two_sentences_dropped,
    cut,
    left_in_english,
    looped,
    foreign_link,
    swapped_name,
    preamble,
)
