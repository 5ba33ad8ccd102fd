"""A query in plain words, as it is read back to the person who typed it."""

from __future__ import annotations

import pytest

from bot.query import in_words, parse

READINGS = [
    (
        'cs.LG, cs.CL "kv cache", quantization -survey',
        "papers in cs.LG (Machine Learning) or cs.CL (Computation and Language), with the phrase “kv cache”"
        " or the word “quantization” (also its plural), without the word “survey”",
        "cs.LG（机器学习）或 cs.CL（自然语言处理）中，含短语“kv cache”或“quantization”，不含“survey”的论文",
    ),
    ("cs.RO", "papers in cs.RO (Robotics)", "cs.RO（机器人学）中的论文"),
    ("stat.*", "papers in stat.* (all of Statistics)", "stat.*（全部统计学）中的论文"),
    (
        "primary:cs.RO",
        "papers with primary category cs.RO (Robotics)",
        "主分类为 cs.RO（机器人学）的论文",
    ),
    (
        "cs.RO AND cs.LG",
        "papers in each of cs.RO (Robotics) and cs.LG (Machine Learning)",
        "同属 cs.RO（机器人学）和 cs.LG（机器学习）的论文",
    ),
    (
        '"survey" quantiz* GPT-4',
        "papers with exactly the word “survey”, a word beginning with “quantiz” and the phrase “GPT-4”",
        "含“survey”（仅此词形）、以“quantiz”开头的词和短语“GPT-4”的论文",
    ),
    ("transformers", "papers with the word “transformers” (singular or plural)", "含“transformers”的论文"),
    (
        'ti:"kv cache" abs:quantiz* co:neurips* -co:withdrawn',
        "papers with the phrase “kv cache” in the title, with a word beginning with “quantiz” in the abstract,"
        " with a word beginning with “neurips” in the comments, without the word “withdrawn” in the comments",
        "标题含短语“kv cache”，摘要含以“quantiz”开头的词，备注含以“neurips”开头的词，备注不含“withdrawn”的论文",
    ),
    (
        'au:("Yann LeCun", beng*) -au:smith',
        "papers by an author named “Yann LeCun” or “beng…”, not by an author named “smith”",
        "作者有“Yann LeCun”或“beng…”，作者没有“smith”的论文",
    ),
    (
        "au:lecun au:bengio",
        "papers by authors named “lecun” and “bengio”",
        "作者有“lecun”和“bengio”的论文",
    ),
    (
        "cs.RO type:(new, cross, revised) -type:replace-cross",
        "papers in cs.RO (Robotics), announced as new, a cross-listing or a revision,"
        " not announced as a revision of a cross-listing",
        "cs.RO（机器人学）中，类型为新提交、交叉列出或修订，类型不是交叉列出的修订的论文",
    ),
    (
        '"a b" -(cs.RO cs.LG) -primary:cs.CL',
        "papers with the phrase “a b”, not in cs.RO (Robotics) or cs.LG (Machine Learning),"
        " not with primary category cs.CL (Computation and Language)",
        "含短语“a b”，不在 cs.RO（机器人学）或 cs.LG（机器学习）中，主分类不是 cs.CL（自然语言处理）的论文",
    ),
    (
        'cs.RO "a b" OR cs.LG "c d"',
        "papers (in cs.RO (Robotics) and with the phrase “a b”)"
        " or (in cs.LG (Machine Learning) and with the phrase “c d”)",
        "（cs.RO（机器人学）中且含短语“a b”）或（cs.LG（机器学习）中且含短语“c d”）的论文",
    ),
    (
        '"a b", cs.RO, au:x -("c d" "e f")',
        "papers with the phrase “a b” or in cs.RO (Robotics) or by an author named “x”,"
        " not (with the phrase “c d” and the phrase “e f”)",
        "含短语“a b”或 cs.RO（机器人学）中或作者有“x”，不符合（含短语“c d”和短语“e f”）的论文",
    ),
    (
        '"a b" -("c d" ("e f" OR -("g h", "i j")))',
        "papers with the phrase “a b”, not (with the phrase “c d” and (with the phrase “e f”"
        " or (without the phrase “g h” or the phrase “i j”)))",
        "含短语“a b”，不符合（含短语“c d”且（含短语“e f”或（不含“g h”或“i j”）））的论文",
    ),
]


@pytest.mark.parametrize(("text", "english", "chinese"), READINGS)
def test_a_query_reads(text, english, chinese):
    assert in_words(parse(text), "en") == english
    assert in_words(parse(text), "zh") == chinese


def test_chinese_terms_say_which_english_they_stand_for(monkeypatch):
    glossary = {"注意力": ("attention",), "智能体": ("agent", "agents")}
    monkeypatch.setattr("bot.query.plain.english", lambda term: glossary.get(term, ()))
    query = parse("注意力 ti:(智能体, 量子点) -注意力")
    assert in_words(query, "en") == (
        "papers with “注意力” (also English “attention”), with “智能体” (also English “agent” or “agents”)"
        " or “量子点” in the title, without “注意力” (also English “attention”)"
    )
    assert in_words(query, "zh") == (
        "含“注意力”（也含英文“attention”），标题含“智能体”（也含英文“agent”或“agents”）或“量子点”，"
        "不含“注意力”（也含英文“attention”）的论文"
    )


def test_an_authors_name_is_not_translated(monkeypatch):
    monkeypatch.setattr("bot.query.plain.english", lambda term: ("attention",))
    assert in_words(parse("au:注意力"), "en") == "papers by an author named “注意力”"
