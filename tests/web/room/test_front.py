"""The front page: what this is, one paper where everybody may read, how to subscribe, the way to the papers."""

from __future__ import annotations

import re

from tests.fakes import DAY, paper
from tests.web.room.conftest import announced, chinese, plain


async def test_the_front_of_a_public_room_shows_a_paper_and_leads_to_all(opened):
    one = await opened(smtp_from="Sudi <papers@sudi.test>", imap_url="imaps://x")
    assert "What you get" not in (await one.get("/?lang=en"))[1]
    await announced(one.store, paper(1), paper(2), texts=[chinese(paper(2))])
    status, html = await one.get("/?lang=en")
    said = plain(html)
    assert status == 200
    assert '<p lang="zh-Hans">你关心的 arXiv 新论文' in html
    assert re.findall(r'<article id="([^"]+)"', html) == ["2606.90002"]
    assert "Wednesday, 10 June 2026 : 2 papers" in said
    for path in re.findall(r'href="(papers/[^"]+|dates[^"]*|./paper/[^"]+)"', html):
        assert (await one.get(f"/{path.removeprefix('./')}"))[0] == 200
    assert f'href="papers/{DAY}?lang=both"' in html
    assert 'mailto:papers@sudi.test?subject=subscribe%20cs.LG%20%22kv%20cache%22"' in html
    assert '/papers subscribe cs.LG "kv cache"' in said
    _, html = await one.get("/?lang=zh-hant")
    assert "潮汐表" in html
    assert '<p lang="en">New arXiv papers' in html


async def test_the_front_of_a_signed_room_shows_no_paper(opened):
    one = await opened(bot_reading_room="signed")
    await announced(one.store, paper(1))
    status, html = await one.get("/?lang=en")
    assert status == 200
    assert "<article" not in html
    assert "papers/2026" not in html
    assert "mailto:" not in html
    assert "open by the links in your messages" in html
