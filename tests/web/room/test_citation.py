"""A paper as reference managers read it: whole, in pairs of braces, whatever its authors typed."""

from __future__ import annotations

import re

import pytest

from bot.web.room.citation import bibtex, meta_tags
from tests.fakes import DAY, paper
from tests.web.room.conftest import announced


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
        "  note = {J. Tides 1 (2026)}\n"
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


async def test_a_paper_has_a_page_with_tags_and_an_entry(reader):
    old = paper(300, id="hep-th/9901001", title="An Old Paper")
    await announced(reader.store, old)
    for one in ("2606.90001", "hep-th/9901001"):
        status, html = await reader.get(f"/paper/{one}")
        assert status == 200
        assert f'<meta name="citation_arxiv_id" content="{one}">' in html
        assert "<details open>" in html
        assert "Announced on Wednesday, 10 June 2026 in cs.LG Machine Learning" in html
        status, text, headers = await reader.ask(f"/paper/{one}.bib")
        assert (status, headers["Content-Type"]) == (200, "text/plain; charset=utf-8")
        assert text.startswith("@misc{")
    for path in ("/paper/2606.99999", "/paper/x", "/paper/2606.90001v1", "/paper/2606.99999.bib"):
        assert (await reader.get(path))[0] == 404
