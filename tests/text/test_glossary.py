"""Chinese terms lead to their English names."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from bot.text.glossary import chinese_names, english, entries, steering
from bot.text.normal import flat, is_han


@pytest.mark.parametrize(
    ("term", "names"),
    [
        ("注意力", ("attention",)),
        ("量化", ("quantization", "quantisation", "quantized")),
        ("大语言模型", ("large language model", "LLM")),
        ("检索增强生成", ("retrieval-augmented generation", "RAG")),
        ("偏微分方程", ("partial differential equation", "PDE")),
        ("量子纠错", ("quantum error correction", "QEC")),
    ],
)
def test_a_term_has_its_english_names(term, names):
    assert english(term) == names


def test_white_space_in_a_term_does_not_matter():
    assert english(" 扩散 模型\n") == english("扩散模型") != ()


@pytest.mark.parametrize("term", ["", "注意", "attention", "没有这个词"])
def test_only_whole_known_terms_are_translated(term):
    assert english(term) == ()


def test_every_entry_is_a_chinese_term_with_distinct_english_names():
    assert len(entries()) > 200
    for term, names in entries().items():
        assert term
        assert all(is_han(char) for char in term), term
        assert names, term
        assert all(name.isascii() for name in names), term
        assert len({flat(name) for name in names}) == len(names), term


def test_the_table_is_read_once_and_cannot_be_changed():
    assert entries() is entries()
    assert isinstance(entries(), MappingProxyType)


def test_a_translator_is_told_how_the_terms_of_a_text_are_written():
    text = "Transformers with KV caches and large language models; the KV-cache is quantized."
    told = dict(steering(text, categories=("cs.LG",)))
    assert told["transformer"] == "Transformer"
    assert told["KV cache"] == "KV 缓存"
    assert told["large language model"] == "大语言模型"
    assert "language model" not in told


def test_a_text_without_known_terms_needs_no_telling():
    assert steering("Nothing of note happens here") == ()


def test_no_more_terms_are_told_than_asked_for():
    assert len(steering("attention, diffusion, quantization, pruning", most=2, categories=("cs.LG",))) == 2


def test_a_term_has_all_its_chinese_names_the_usual_one_first():
    assert chinese_names("Large Language Model")[0] == "大语言模型"
    assert "大模型" in chinese_names("large language model")
    assert chinese_names("no such term") == ()
