"""Papers and queries for the judge: from few words, so that they meet, and with hostile characters."""

from __future__ import annotations

from datetime import date

from bot.errors import QueryError
from bot.matching import Candidate
from bot.model import ALL, AnnounceType, Language, Paper, Summary
from bot.query import parse

WORDS = [
    "model",
    "models",
    "state",
    "space",
    "study",
    "studies",
    "cache",
    "caches",
    "kv",
    "gpu",
    "gpus",
    "quantization",
    "quantized",
    "quantity",
    "diffusion",
    "attention",
    "transformer",
    "neural",
    "network",
    "networks",
    "graph",
    "score",
    "matching",
    "analysis",
    "rag",
    "storage",
    "fragment",
    "bias",
    "biases",
]
HOSTILE = [
    "M\xfcller",
    "cafe\u0301",
    "\ufb01ne",
    "\uff27\uff30\uff35",
    "Stra\xdfe",
    "\u0131stanbul",
    "\u0141ukasz",
    "soft\xadware",
    "zero\u200bwidth",
    "\u30c7\u30fc\u30bf",
    "\u30c7\u3099",
    "\u304b\u3099",
    "\uac01",
    "\u1100\u1161\u11a8",
    "\ud55c\uad6d\uc5b4",
    "\U00020000\U00020001",
    "x\xb2",
    "\u211d",
    "$\\mathcal{O}(n)$",
    'na\\"ive',
    "$x$-model",
    "\x07bell",
    "_under_",
    "a_b",
    "\u7b2c3\u7ae0",
    "\u0130",
    "\xdf",
    "\u0149",
    "\u01c6",
    "\u0958",
    "\U0001d552bc",
    "\u3007",
    "e\u3099",
    "\u30fc",
    "\uff83\uff9e",
    "\u3231",
    "\ue000",
    "\ud7ff",
]
CHINESE = [
    "注意力机制",
    "擴散模型",
    "扩散模型",
    "图神经网络",
    "圖神經網路",
    "强化学习",
    "量化",
    "KV缓存",
    "缓存共享",
    "乾坤",
    "乾燥",
    "生成模型",
    "模型",
]
NAMES = [
    "Yann",
    "LeCun",
    "Y.",
    "Jean",
    "LeCunff",
    "Müller",
    "Ada",
    "Bell",
    "Wen",
    "李",
    "明",
    "李明",
    "Wang",
    "J",
    "Kertész",
    "Gábor",
    "Jean-Luc",
    "J.-L.",
    "O'Brien",
    "van",
    "der",
    "Jr.",
    "III",
    "Nguyễn",
    "Đức",
    "{\\'E}tienne",
    "de la",
    "Ó",
]
CODES = ["cs.LG", "cs.CL", "cs.AI", "stat.ML", "math.IT", "cs.IT", "hep-th", "math.ST"]
TYPES = [kind.value for kind in AnnounceType]


def word(random):
    return random.choice(random.choices((WORDS, HOSTILE, CHINESE), (8, 2, 2))[0])


def text(random, most):
    joints = random.choices((" ", "-", "，", ", ", "", "\n", "_"), (12, 3, 2, 2, 1, 1, 1), k=most)
    return "".join(word(random) + joint for joint in joints[: random.randint(0, most)])


def name(random):
    names = random.choices(NAMES, k=random.randint(1, 3))
    return " ".join(names) if random.random() < 0.9 else ", ".join(names)


def candidate(random, number):
    categories = tuple(random.sample(CODES, random.randint(1, 3)))
    paper = Paper(
        f"2606.{10000 + number}", 1, text(random, 6), tuple(name(random) for _ in range(random.randint(0, 3))),
        text(random, 20), categories, comments=text(random, 4),
    )  # fmt: skip
    summary = Summary(paper.id, 1, Language.ZH, title=text(random, 3), abstract=text(random, 10))
    listed = random.sample([ALL, *CODES], random.randint(1, 3))
    types = {code: AnnounceType(random.choice(TYPES)) for code in listed}
    return Candidate(paper, types, date(2026, 6, 10), summary if random.random() < 0.6 else None)


def leaf(random):
    kind = random.random()
    if kind < 0.25:
        code = random.choice([*CODES, "cs.*", "stat.*"])
        return f"primary:{code}" if random.random() < 0.3 else code
    if kind < 0.32:
        return "type:" + random.choice(TYPES)
    if kind < 0.42:
        named = name(random)
        return f'au:"{named}"' if random.random() < 0.6 else f"au:{named.split()[0]}{random.choice(['', '*'])}"
    field = random.choice(["", "", "", "title:", "abs:", "co:"])
    if kind < 0.6:
        return f'{field}"{" ".join(word(random) for _ in range(random.randint(1, 3)))}"'
    if kind < 0.7:
        first = random.choice(["", "", f"{word(random)}-", "ab-"])
        return f"{field}{first}{word(random)[: random.randint(1, 9)]}*"
    if kind < 0.8:
        return f"{field}{word(random)}-{word(random)}"
    return field + word(random)


def tree(random, depth, leaves):
    if depth == 0 or random.random() < 0.35:
        return random.choice(leaves)
    joint = random.choice([" ", " ", ", ", " OR ", " AND "])
    parts = [tree(random, depth - 1, leaves) for _ in range(random.randint(2, 3))]
    return "".join(["(", joint.join("-" * (random.random() < 0.2) + part for part in parts), ")"])


def queries(random, count):
    """That many queries that can be read, as their canonical texts."""
    leaves = [leaf(random) for _ in range(count // 3)]
    found = {}
    while len(found) < count:
        try:
            found[str(parse(tree(random, 3, leaves)))] = None
        except QueryError:
            continue
    return list(found)
