"""A paper as reference managers read it: whole, in pairs of braces, whatever its authors typed."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import pytest

from bot.model import Paper
from bot.presentation.citation import bibtex, meta_tags
from bot.text.harmless import one_line
from bot.text.latex import readable
from tests.counterparts.needed import need
from tests.fakes import DAY, paper


def test_an_entry_has_everything_that_is_known():
    one = paper(
        1, title="Tides of $\\beta$ & {TeX}", authors=("José Arrabal", "Wen Shuyi"),
        doi="10.1000/182", journal_ref="J. Tides 1 (2026)",
    )  # fmt: skip
    assert bibtex(one) == (
        "@misc{arrabal2026_2606_90001,\n"
        "  title = {{Tides of $\\beta$ \\& {TeX}}},\n"
        "  author = {José Arrabal and Wen Shuyi},\n"
        "  year = {2026},\n"
        "  eprint = {2606.90001},\n"
        "  archivePrefix = {arXiv},\n"
        "  primaryClass = {cs.LG},\n"
        "  url = {https://arxiv.org/abs/2606.90001},\n"
        "  doi = {10.1000/182},\n"
        "  journal = {J. Tides 1 (2026)}\n"
        "}\n"
    )


@pytest.mark.parametrize(
    "title", ["}}, evil = {x", "{a", "a }{ b", "50% of $x", "a\\", "a\nb\x07", "", "\\", "{}{{"]
)
def test_braces_are_in_pairs_whatever_was_typed(title):
    entry = bibtex(paper(1, title=title, authors=(title, "Ada Roe"), journal_ref=title, doi=title))
    depth = 0
    for sign in re.sub(r"\\.", "", entry):
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert "evil = {x" not in entry
    assert entry.count("\n") == len(re.findall(r"^  \w+ = |^@|^}", entry, re.MULTILINE))


def test_the_tags_are_those_that_zotero_reads():
    tags = list(meta_tags(paper(1, doi="10.1000/182"), DAY))
    assert ("citation_title", "Harbour 1: Sparse Attention for Tide Tables") in tags
    assert [content for name, content in tags if name == "citation_author"] == ["Ottoline Greaves", "Wen Shuyi"]
    assert ("citation_date", "2026/06/10") in tags
    assert ("citation_arxiv_id", "2606.90001") in tags
    assert ("citation_doi", "10.1000/182") in tags
    assert ("citation_pdf_url", "https://arxiv.org/pdf/2606.90001") in tags


WORDS = (
    "Tides", "{RKSC}:", "50%", "R&D", "a_b", "$x_1^2$", "$5", "\\beta", "C#", "潮汐", "Erdős", "Erd{\\H o}s", "{",
    "}", "\\", "~", "x^2", "{\\'e}", "\\$", "\\\\%", "@misc{evil,", '"quoted"', "α–β", "'", ",", "=",
)  # fmt: skip
PEOPLE = (
    "José Arrabal", "Wen Shuyi", "温淑仪", "Jos\\'e Arrabal", "ATLAS Collaboration", "Foo and Bar Team",
    "J. Doe, Jr.", "Müller", "{\\L}ukasz K", "O'Neil_2",
)  # fmt: skip


def odd_papers(many: int) -> Iterator[Paper]:
    """Invented papers with whatever authors type, and more authors than anybody reads."""
    chance = random.Random(23)
    for number in range(1, many + 1):
        words = [" ".join(chance.choices(WORDS, k=chance.randint(0, 9))) for _ in range(3)]
        authors = tuple(chance.choices(PEOPLE, k=chance.choice((0, 1, 2, 5, 3_000 if number % 100 == 0 else 9))))
        yield paper(
            number, id=f"hep-th/{9_900_000 + number}" if number % 9 == 0 else f"2606.{10_000 + number}",
            title=words[0], authors=authors, journal_ref=chance.choice(("", words[1])),
            doi=chance.choice(("", words[2], "10.1000/a_b%c(1)")),
            categories=chance.choice(((), ("cs.LG", "cs.CL"))),
        )  # fmt: skip


SIGNS = {
    r"\textbackslash{}": "\\", r"\textbraceleft{}": "{", r"\textbraceright{}": "}", r"\textasciicircum{}": "^",
    r"\textasciitilde{}": "~", r"\$": "$", r"\%": "%", r"\#": "#", r"\&": "&", r"\_": "_",
}  # fmt: skip


def as_read(text: str) -> str:
    """A field as a reader of TeX sees it."""
    return re.sub(r"\\text\w+\{\}|\\.", lambda found: SIGNS.get(found[0], found[0]), text)


def test_a_file_of_five_hundred_odd_papers_is_parsed_with_its_fields_as_stored():
    need("bibtexparser", None if find_spec("bibtexparser") else "the dependency group dev brings it")
    papers = list(odd_papers(500))
    library = import_module("bibtexparser").parse_string("\n".join(map(bibtex, papers)))
    assert [block for block in library.blocks if block not in library.entries] == [], "duplicates and failures too"
    assert len({entry.key for entry in library.entries}) == 500
    for entry, one in zip(library.entries, papers, strict=True):
        found = {name: field.value for name, field in entry.fields_dict.items()}
        assert entry.entry_type == "misc"
        assert (found["eprint"], found["archivePrefix"], found["url"]) == (one.id, "arXiv", one.url)
        assert found.get("primaryClass", "") == one.primary
        assert same(found.get("title", "{}")[1:-1], one.title), (found["title"], one.title)
        assert same(found.get("journal", ""), one.journal_ref)
        names = re.split(r" and (?![^{]*\})", found["author"]) if one.authors else []
        assert len(names) == len(one.authors)
        for name, author in zip(names, one.authors, strict=True):
            assert same(name, author) or same(name[1:-1], author)
        assert same(found.get("doi", ""), one.doi if one.doi.startswith("10.") else "")


def same(field: str, stored: str) -> bool:
    """Whether a field says what is stored: as it was typed, or readably where that is no whole TeX."""
    return as_read(field) in (as_read(one_line(stored)), one_line(readable(stored)))
