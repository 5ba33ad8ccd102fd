"""The normal form, and the plurals that count as the same word."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.text.normal import flat, forms, has_han, is_han, words

ABSTRACT = "We study KV-cache sharing (for LLMs) -- a 3.5x faster, 'simple' method: https://a.b/c_d. " * 17


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KV-cache共享", " kv cache 共享 "),
        ("", " "),
        (" -- ", " "),
        ("a_b/c.d", " a b c d "),
        ("efﬁcient", " efficient "),
        ("ＧＰＵ，１２", " gpu 12 "),
        ("café cafe\u0301 CAFÉ", " cafe cafe cafe "),
        ("soft\u00adware zero\u200bwidth \ufeffmark", " software zerowidth mark "),
        ("Straße STRASSE", " strasse strasse "),
        ("İstanbul ıstanbul", " istanbul istanbul "),
        ("Łukasz Ørsted", " lukasz orsted "),
        ("L² xᵢⱼ ℝ", " l2 xij r "),
        ("𠀀𠀁和x", " 𠀀𠀁和 x "),
        ("データ共有のデ", " データ共有のデ "),
        ("注意力，扩散", " 注意力 扩散 "),
        ("第3章", " 第 3 章 "),
        ("naïve—Bayes’", " naive bayes "),
        ("Σίσυφος", " σισυφοσ "),
        ("A γ-ray, 𝛾-rays, ΛCDM, Hα at 5σ", " a gamma ray gamma rays lambda cdm h alpha at 5 sigma "),
        (
            "ϵ-greedy ε-greedy, ∆T and ΔT, ϑ ϕ ϱ ς µm",
            " epsilon greedy epsilon greedy delta t and delta t theta phi rho sigma mu m ",
        ),
        ("R² R^2 R^{2} H_2O H₂O", " r2 r2 r2 h2o h2o "),
        ("Lᵖ L^p L^{q} x^y-z a^bc a_b", " lp lp lq xy z a bc a b "),
    ],
)
def test_text_comes_to_the_normal_form(text, expected):
    assert flat(text) == expected


@pytest.mark.parametrize(
    ("term", "other"),
    [
        *[
            ("C++", "C"),
            ("C#", "C"),
            ("C#", "C++"),
            ("F#", "f"),
            ("Q#", "q"),
            ("A*", "a"),
            ("RRT*", "RRT"),
            ("D*", "d"),
        ],
        *[
            (".NET", "net"),
            ("C++17", "C 17"),
            ("C*-algebra", "C algebra"),
            ("k-means++", "k-means"),
            ("Node.js", "node"),
        ],
        *[("R²", "R"), ("R^2", "R 2"), ("G++", "g"), ("J♯", "j")],
    ],
)
def test_signs_make_a_term_of_their_own(term: str, other: str):
    assert flat(term) not in flat(f"the {other} of it")
    for text in ("{}", "the {} of it", "({}), and", "a {}-like one", "在{}中"):
        assert flat(term) in flat(text.format(term))


def test_a_star_of_a_footnote_or_a_product_is_no_sign():
    assert flat("accuracy* of x*y, **bold**, issue #5") == " accuracy of x y bold issue 5 "


def test_a_term_is_found_as_a_whole_word_a_phrase_and_a_chinese_substring():
    text = flat("The KV‑cache of large models 和键值缓存共享")
    assert " kv cache " in text
    assert " kv cach " not in text
    assert "缓存" in text


@given(st.text())
def test_the_normal_form_is_its_own_normal_form(text):
    once = flat(text)
    assert flat(once) == once
    assert once.startswith(" ")
    assert once.endswith(" ")
    assert "  " not in once


@given(st.text())
def test_words_are_what_the_normal_form_joins(text):
    assert flat(text) == (f" {' '.join(words(text))} " if words(text) else " ")


@given(st.text(alphabet=st.characters(max_codepoint=127, exclude_characters="*#+^_.")))
def test_ascii_needs_no_unicode(text):
    kept = "".join(char.lower() if char.isalnum() else " " for char in text)
    assert words(text) == tuple(kept.split())


@pytest.mark.parametrize(
    "text", [ABSTRACT, ABSTRACT.replace("'", "’"), "我们提出键值缓存共享，面向LLM推理。" * 30]
)
def test_an_abstract_takes_well_under_a_millisecond(text):
    started = time.process_time()
    for _ in range(200):
        flat(text)
    assert (time.process_time() - started) / 200 < 0.001


def test_han_is_known_on_every_plane_and_kana_counts():
    assert all(is_han(char) for char in "中々〇𠀀ア")
    assert not any(is_han(char) for char in "aé，。1・")
    assert not is_han("")
    assert has_han("the 中 text")
    assert not has_han("café, ok。")


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        ("cache", "caches"),
        ("matrix", "matrices"),
        ("analysis", "analyses"),
        ("thesis", "theses"),
        ("database", "databases"),
        ("bias", "biases"),
        ("study", "studies"),
        ("movie", "movies"),
        ("model", "models"),
        ("approach", "approaches"),
        ("box", "boxes"),
        ("virus", "viruses"),
        ("class", "classes"),
        ("array", "arrays"),
        ("gas", "gases"),
        ("gpu", "gpus"),
        ("llm", "llms"),
        ("lens", "lenses"),
        ("formula", "formulas"),
    ],
)
def test_a_singular_and_its_regular_plural_find_each_other(singular, plural):
    assert plural in forms(singular)
    assert singular in forms(plural)


RIGID = [
    "this",
    "plus",
    "minus",
    "news",
    "series",
    "species",
    "its",
    "has",
    "was",
    "does",
    "dynamics",
    "physics",
    "dynamic",
]


@pytest.mark.parametrize("word", [*RIGID, "ga", "gpt4", "café", "模型", "", "s"])
def test_some_words_never_bend(word):
    assert forms(word) == (word,)


@pytest.mark.parametrize(
    ("word", "other"),
    [
        ("gas", "ga"),
        ("bias", "bia"),
        ("lens", "len"),
        ("new", "news"),
        ("loss", "los"),
        ("corpus", "corpu"),
        ("virus", "viru"),
        ("doe", "does"),
        ("models", "modelses"),
    ],
)
def test_words_that_only_look_alike_stay_apart(word, other):
    assert other not in forms(word)
    assert word not in forms(other)


@given(st.text(alphabet="abeiksuxyzch", max_size=8))
def test_being_a_form_is_mutual(word):
    assert forms(word)[0] == word
    assert all(word in forms(form) for form in forms(word))


@given(st.text())
def test_any_word_has_forms(word):
    assert word in forms(word)


def test_theses_are_not_these():
    assert "these" not in forms("theses")
    assert forms("these") == ("these",)


def test_a_character_whose_simplified_form_is_rare_is_not_lost():
    assert flat("頠") == flat("\x80頠") == " 𬱟 "
