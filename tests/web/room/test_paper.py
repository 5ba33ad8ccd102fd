"""The page of a paper, with what reference managers read."""

from __future__ import annotations

from tests.fakes import paper
from tests.web.room.conftest import announced


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
