"""A day whose model errs in every third answer, in all known ways: each text is there in the end, and right."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from aiohttp import web

from bot.jobs.summarize import Budget, Summarizer
from bot.matching import Matcher
from bot.model import Language, Paper
from bot.settings import Settings
from bot.store import Store
from bot.summaries.chain import Chain
from bot.summaries.endpoints import endpoints
from bot.summaries.llm import Llm
from tests.fakes import MORNING, HandClock, ingest, listing, paper, subscribed

FIRST, SECOND = "gpt-4o-mini", "other-model"
PAPERS = 58
USED = {"prompt_tokens": 300, "completion_tokens": 90}
Texts = dict[str, str]


def tide(number: int) -> Paper:
    return paper(
        number,
        title=f"Harbour-{number}: Sparse Attention for Tide Tables",
        abstract=f"We predict tides with sparse attention at cost $O(n^{{{number}}})$. On {number + 2} data sets, "
        "the error falls by half.",
        categories=("cs.LG",),
    )


def texts_of(number: int) -> Texts:
    """What a good answer has for a paper."""
    return {
        "title": f"Harbour-{number}：用于潮汐表的稀疏注意力",
        "one_line": f"提出一种用稀疏注意力预测潮汐的方法，在 {number + 2} 个数据集上误差减半。",
        "abstract": f"我们以 XQ0X 的代价用稀疏注意力预测潮汐。在 {number + 2} 个数据集上，误差减半。",
        "english_line": f"Sparse attention predicts tides and halves the error on {number + 2} data sets.",
    }


@dataclass(frozen=True)
class Question:
    """A request, and the texts that it asks for, of its paper and of another one."""

    body: dict[str, Any]
    texts: Texts
    others: Texts

    @property
    def plain(self) -> str:
        return json.dumps(self.texts, ensure_ascii=False)

    @property
    def has_form(self) -> bool:
        return "response_format" in self.body

    @property
    def is_of_first(self) -> bool:
        return self.body["model"] == FIRST

    @property
    def room(self) -> int:
        return int(self.body.get("max_tokens") or self.body["max_completion_tokens"])

    def changed(self, change: Callable[[str], str]) -> str:
        return json.dumps({name: change(text) for name, text in self.texts.items()}, ensure_ascii=False)


Way = Callable[[Question], web.Response]


def said(content: str, finish: str = "stop") -> web.Response:
    choice = {"message": {"content": content}, "finish_reason": finish}
    return web.json_response({"choices": [choice], "usage": USED})


def refused(status: int, message: str) -> web.Response:
    return web.json_response({"error": {"message": message}}, status=status, headers={"Retry-After": "0"})


def streamed(*events: dict[str, Any]) -> web.Response:
    text = "".join(f"data: {json.dumps(one)}\n\n" for one in events)
    return web.Response(text=text, content_type="text/event-stream")


RIGHT: list[Way] = [
    lambda q: said(q.plain),
    lambda q: streamed({"choices": [{"delta": {"content": q.plain}, "finish_reason": "stop"}]}, {"usage": USED}),
    lambda q: said(f"{q.plain}\nI hope that this {{helps}} you."),
    lambda q: said(f'<reasoning>{{"title": "草稿"}}</reasoning>{q.plain}'),
    lambda q: said(json.dumps({"result": {"texts": q.texts}})),
    lambda q: said(json.dumps(q.plain)),
    lambda q: said(json.dumps({name.upper(): text for name, text in q.texts.items()})),
    lambda q: said(json.dumps(q.texts | {"abstract": q.texts["abstract"].partition("。")})),
    lambda q: said(q.changed(lambda text: text.replace("XQ0X", "XQ 0 X"))),
    lambda q: said(q.changed(lambda text: text.replace("XQ0X", "ＸＱ０Ｘ"))),
    lambda q: said("".join(f"<{name}>{text}</{name}>" for name, text in q.texts.items())),
]
"""Forms of a right answer."""

ALWAYS: list[Way] = [
    lambda q: web.json_response({"error": {"code": 502, "message": "bad gateway"}}),
    lambda q: web.json_response({"choices": [{"error": {"code": 429, "message": "slow"}}]}),
    lambda q: web.json_response({"error": "upstream connect error"}),
    lambda q: streamed({"error": {"code": 503, "message": "overloaded"}}),
    lambda q: said("The service is busy, please try again later."),
    lambda q: said("服务器繁忙，请稍后再试。"),
    lambda q: said(""),
    lambda q: said("I would be glad to help you with that paper!"),
    lambda q: said(q.plain[:30], "length"),
    lambda q: refused(429, "rate limit reached"),
    lambda q: refused(500, "internal error"),
    lambda q: refused(503, "overloaded"),
    lambda q: said(json.dumps(q.others)),
    lambda q: said(q.changed(lambda text: f"{text}该方法在业内引起轰动，遥遥领先。")),
    lambda q: said(q.changed(lambda text: f"{text} https://evil.example/x")),
    lambda q: said(q.changed(lambda text: f"{text[:5]}98765{text[5:]}")),
    lambda q: said(q.changed(lambda _: "We study this in a new way.")),
]
ONCE: list[tuple[Callable[[Question], bool], Way]] = [
    (
        lambda q: q.has_form,
        lambda q: web.json_response({"detail": [{"loc": ["response_format"], "msg": "extra"}]}, status=422),
    ),
    (lambda q: q.room < 8_000, lambda q: said("", "length")),
    (
        lambda q: "max_tokens" in q.body,
        lambda q: refused(400, "'max_tokens': use 'max_completion_tokens' instead"),
    ),
    (lambda q: "temperature" in q.body, lambda q: refused(400, "temperature is not supported")),
    (lambda q: q.has_form, lambda q: refused(404, "no endpoint takes the requested parameters: response_format")),
    (lambda q: not q.body.get("stream"), lambda q: refused(400, "this model supports stream mode only")),
    (lambda q: q.is_of_first, lambda q: refused(400, "Content Exists Risk")),
    (lambda q: q.is_of_first, lambda q: refused(400, "content_filter")),
    (lambda q: q.is_of_first, lambda q: said("", "content_filter")),
    (lambda q: q.is_of_first, lambda q: refused(400, "API key not valid")),
    (lambda q: q.has_form, lambda q: refused(500, "failed to compile grammar")),
]
"""What can be wrong with some requests alone; a filter and a key are those of one model, which then rests."""


class Erring:
    """An endpoint that errs in every third answer, in one way after the other."""

    def __init__(self) -> None:
        self.asked = 0
        self.used = 0
        self.left = [*ONCE, *((lambda _q: True, way) for way in ALWAYS)]
        self._right = cycle(RIGHT)
        self._known = {tide(number).title: texts_of(number) for number in range(1, PAPERS + 1)}

    async def respond(self, request: web.Request) -> web.Response:
        body = await request.json()
        content = body["messages"][-1]["content"]
        wanted = content.rsplit("\n", 1)[1]
        texts = self._known[content.split("<title>", 1)[1].split("</title>", 1)[0]]
        others = self._known[tide(1).title if texts["title"] != texts_of(1)["title"] else tide(2).title]
        question = Question(
            body, *({name: text for name, text in one.items() if name in wanted} for one in (texts, others))
        )
        self.asked += 1
        response = self._wrong(question) if self.asked % 3 == 0 else next(self._right)(question)
        if "prompt_tokens" in str(response.text):
            self.used += sum(USED.values())
        return response

    def _wrong(self, question: Question) -> web.Response:
        for place, (is_possible, way) in enumerate(self.left):
            if is_possible(question):
                del self.left[place]
                return way(question)
        return refused(500, "internal error")


async def test_all_papers_have_their_right_texts_in_the_end_for_at_most_one_and_a_half_requests(
    sqlite_store: Store, monkeypatch
):
    """One paper after the other: side by side, each third answer could be one paper's."""
    monkeypatch.setattr("bot.summaries.llm._FIRST_PAUSE", 0.0)
    erring, clock = Erring(), HandClock()
    application = web.Application()
    application.router.add_post("/v1/chat/completions", erring.respond)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    destination, _ = await subscribed(sqlite_store, "cs.LG")
    async with sqlite_store.write() as tx:
        await tx.subscribers.set_language(destination.id, Language.BOTH)
    await ingest(sqlite_store, [listing("cs.LG", *map(tide, range(1, PAPERS + 1)))], MORNING)
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    settings = Settings(_env_file=None, openai_base_url=(url,), openai_model=(FIRST, SECOND))
    makers = [Llm(one, dice=lambda: 0.0) for one in endpoints(settings)]
    summarizer = Summarizer(sqlite_store, Chain(makers), clock, budget=Budget(), matcher=Matcher())
    await summarizer.run()
    clock.forward(hours=1)
    report = await summarizer.run()
    spent = await summarizer.spent()
    await summarizer.close()
    await runner.cleanup()
    assert report.failed == 0
    assert erring.left == [], "each way was met"
    await assert_right(sqlite_store)
    assert erring.asked <= 1.5 * PAPERS
    assert spent.tokens == erring.used


async def assert_right(store: Store) -> None:
    versions = {(tide(number).id, 1): texts_of(number) for number in range(1, PAPERS + 1)}
    async with store.read() as tx:
        chinese = await tx.texts.best(list(versions), Language.ZH)
        english = await tx.texts.best(list(versions), Language.EN)
    for number, (version, texts) in enumerate(versions.items(), 1):
        found = chinese[version]
        assert (found.title, found.one_line, found.flaws) == (texts["title"], texts["one_line"], "")
        assert found.abstract == texts["abstract"].replace("XQ0X", f"$O(n^{{{number}}})$")
        assert english[version].one_line == texts["english_line"]
