"""What a model makes of a page's papers is counted: what passes, what does not, and what a day would cost."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from importlib import resources

from bot.errors import MakerError
from bot.model import Paper, Summary
from bot.sources.arxivdaily import read
from bot.summaries import Answer, Job, TextField, Usage
from bot.summaries.comparison import compared


@dataclass
class Copyist:
    """Gives the texts of a page as its own; of some papers bad ones, or none."""

    texts: dict[str, Summary]
    down: frozenset[str] = frozenset()
    name: str = "llm:copyist"
    prompt: str = ""
    learns: bool = True
    asked: list[tuple[str, str]] = field(default_factory=list)

    def makes(self, field: TextField) -> bool:
        return field is not TextField.ENGLISH_LINE

    def worst(self, job: Job) -> Usage:
        return Usage(10_000, 10_000)

    async def make(self, job: Job, reason: str = "") -> Answer:
        self.asked.append((job.paper.id, reason))
        if job.paper.id in self.down:
            raise MakerError("llm:copyist rests", rest=timedelta(minutes=1))
        texts = {one: getattr(self.texts[job.paper.id], one.stored) for one in job.fields}
        return Answer(texts, Usage(100, 2_000))


def papers_and_texts(count: int) -> tuple[list[Paper], dict[str, Summary]]:
    page = read(resources.files("bot").joinpath("demo", "day", "2026-06-10.txt").read_bytes())
    assert page is not None
    return [one.paper for one in page.announcements[:count]], {one.paper_id: one for one in page.summaries}


async def test_a_good_model_passes_and_a_day_of_it_is_extrapolated():
    papers, texts = papers_and_texts(10)
    found = await compared(Copyist(texts), papers, at_once=4)
    assert (found.passed, found.requests, found.tokens, found.cost) == (10, 10, 1_000, 20_000)
    said = list(found.lines())
    assert said[0] == "10 of 10 papers pass"
    assert any(line.startswith("a day of 2,251: 2,251 requests, 225,100 tokens, cost 4.5020, ") for line in said)


async def test_what_does_not_pass_is_asked_once_more_and_counted_by_its_rules():
    papers, texts = papers_and_texts(5)
    bad, gone = papers[1].id, papers[2].id
    texts[bad] = replace(texts[bad], title=f"{texts[bad].title} 98765")
    maker = Copyist(texts, down=frozenset({gone}))
    found = await compared(maker, papers, at_once=1)
    assert (found.passed, found.papers) == (3, 5)
    assert dict(found.rules) == {"numbers": 1}
    assert found.reasons == ["llm:copyist rests"]
    assert [reason != "" for paper, reason in maker.asked if paper == bad] == [False, True]
    assert "numbers        1" in list(found.lines())
    assert "not made: llm:copyist rests" in list(found.lines())
