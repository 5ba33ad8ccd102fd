"""Reasons know where they stand in the text that is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import match, prepare, spans
from bot.model import Reason
from bot.query import parse
from bot.text.latex import readable
from bot.text.normal import aligned, flat
from tests.matching.invented import HOSTILE
from tests.test_matching import candidate


def marked(query, title, **more):
    """The title with brackets around what is marked in it."""
    found = match(parse(query), prepare(candidate(title, **more)))
    assert found is not None
    shown = readable(title)
    for start, end in reversed(spans(found.reasons, "title", shown)):
        shown = f"{shown[:start]}[{shown[start:end]}]{shown[end:]}"
    return shown


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("rag", "RAG without storage: rag", "[RAG] without storage: [rag]"),
        ("kv-cache", "The KV Caches, and a kv-cache", "The [KV Caches], and a [kv-cache]"),
        ("quantiz*", "We quantize: quantization", "We [quantize]: [quantization]"),
        ("muller", 'A Mu\u0308ller, a M\\"uller graph', "A [Mu\u0308ller], a [Müller] graph"),
        ('"score matching", scores', "Score matching scores", "[Score matching] [scores]"),
        ('"a b", "b c"', "x a b c d", "x [a b c] d"),
        ("fine", "eﬃcient ﬁne ｆｉｎｅ", "eﬃcient [ﬁne] [ｆｉｎｅ]"),
        ("bound", "An $\\mathcal{O}(n)$ bound", "An O(n) [bound]"),
        ("扩散模型", "Diffusion-models of 1.5 nets", "[Diffusion-models] of 1.5 nets"),
        ("gamma-ray", "On γ-rays and γ-ray bursts, αβγ", "On [γ-rays] and [γ-ray] bursts, αβγ"),
        ("LambdaCDM", "The ΛCDM model of Σίσυφος", "The [ΛCDM] model of Σίσυφος"),
        ("C++", "On C and C++ code", "On C and [C++] code"),
        ('"A*"', "$A^*$ is a star", "[A*] is a star"),
        ("R^2", "R² and R^2", "[R²] and [R^2]"),
        ("한국", "한국 \u1112\u1161\u11ab국", "[한국] [\u1112\u1161\u11ab국]"),
    ],
)
def test_what_was_found_is_marked_in_the_text_that_is_shown(query, title, expected):
    assert marked(query, title) == expected


def test_chinese_is_marked_as_it_is_written_simplified_or_traditional():
    text = "圖上的擴散模型與KV 緩存"
    reasons = [Reason("扩散", "title_zh"), Reason("KV缓存", "title_zh"), Reason("扩散", "title")]
    assert [text[start:end] for start, end in spans(reasons, "title_zh", text)] == ["擴散", "KV 緩存"]


def test_a_name_is_marked_as_a_whole():
    assert spans([Reason('"Yann LeCun"', "author")], "author", "Y. LeCun") == ((0, 8),)
    assert spans([Reason('"Yann LeCun"', "author")], "author", "LeCun, Yann") == ((0, 11),)
    assert spans([Reason('"Yann LeCun"', "author")], "author", "Jean LeCunff") == ()


def test_categories_and_types_are_in_no_text():
    assert spans([Reason("cs.LG", "category"), Reason("new", "type")], "title", "cs.LG new") == ()


@given(st.lists(st.sampled_from([*HOSTILE, "-", " ", "a", "注意"]) | st.text(max_size=3)).map("".join))
def test_the_places_of_any_text_belong_to_its_normal_form(text):
    form = aligned(text)
    assert form.flat in (flat(text), " ")
    assert len(form.flat) == len(form.starts) == len(form.ends)
    for letter, start, end in zip(*form, strict=True):
        is_sign = letter in "ǁǃǂǀ" and text[start:end].strip("^") in ("++", "*", "#", ".")
        assert letter == " " or is_sign or letter in flat(text[start:end])


@given(st.lists(st.sampled_from([*HOSTILE, "-", " ", "a", "注意"])).map(" ".join))
def test_what_people_write_can_be_aligned(text):
    assert aligned(text).flat == flat(text)
