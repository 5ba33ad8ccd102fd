"""Answers that nobody has planned for, over a real socket: none of them ends a run, or breaks its budget."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from aiohttp import web

from bot.errors import MakerError
from bot.summaries import Job, TextField
from bot.summaries.endpoints import Endpoint
from bot.summaries.llm import DEADLINE, Llm
from tests.fakes import paper

JOB = Job(paper(1), (TextField.TITLE,))
SAID = '{"title": "港口"}'


class Provider:
    """A server that answers as it is told, and remembers what it was asked."""

    def __init__(self, answer: Callable[[], web.Response]) -> None:
        self.asked: list[dict[str, Any]] = []
        self._answer = answer
        self.url = ""

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        self.asked.append(await request.json())
        return self._answer()


@asynccontextmanager
async def serving(answer: Callable[[], web.Response]) -> AsyncIterator[Provider]:
    provider = Provider(answer)
    application = web.Application()
    application.router.add_post("/v1/chat/completions", provider.respond)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    provider.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield provider
    finally:
        await runner.cleanup()


def completion(content: Any, **more: Any) -> web.Response:
    """An answer in the form of OpenAI's."""
    choice = {"message": {"content": content}, "finish_reason": "stop"}
    return web.json_response(
        {"choices": [choice], "usage": {"prompt_tokens": 300, "completion_tokens": 90}} | more
    )


async def asked(answer: Callable[[], web.Response], model: str = "some-model", deadline: float = DEADLINE):
    """What is made of an answer, and what was asked for it."""
    async with serving(answer) as provider:
        llm = Llm(Endpoint(provider.url, "", model), deadline=deadline, dice=lambda: 0.0)
        try:
            return await llm.make(JOB), provider.asked
        finally:
            await llm.close()


async def refusal(answer: Callable[[], web.Response], deadline: float = 0.8) -> MakerError:
    with pytest.raises(MakerError) as caught:
        await asked(answer, deadline=deadline)
    return caught.value


@pytest.mark.parametrize(
    "content",
    [
        f"Here you are:\n{SAID}\nI hope that helps.",
        f"<think>{{maybe}}</think>{SAID}",
        [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": SAID}],
        '{"title": "\\ud83d港口"}',
        '{"title": "港\\u202e口\\u200b"}',
    ],
    ids=["with a preamble", "with thoughts", "in parts", "with half a character", "with invisible characters"],
)
async def test_a_text_is_found_wherever_it_is_and_can_be_stored(content):
    answer, _ = await asked(lambda: completion(content))
    assert answer.texts == {TextField.TITLE: "港口"}


@pytest.mark.parametrize(
    "content",
    [
        None,
        "",
        7,
        [],
        ["港口"],
        '{"title": ' + '{"a":' * 20_000 + "1" + "}" * 20_001,
        '{"title": 7}',
        '{"title": "港口"',
        "}{",
        "<title>港口",
    ],
    ids=[
        "null",
        "empty",
        "number",
        "no parts",
        "strange parts",
        "deep",
        "no text",
        "cut off",
        "reversed",
        "open tag",
    ],
)
async def test_an_answer_without_the_text_is_a_failed_call_that_is_charged(content):
    error = await refusal(lambda: completion(content))
    assert (error.is_final, error.again, error.billed[0]) == (False, True, 390)


@pytest.mark.parametrize(
    "used", [None, [], "much", {"prompt_tokens": -5, "completion_tokens": 1}, {"prompt_tokens": 1}]
)
async def test_without_a_count_that_can_be_believed_the_worst_is_charged(used):
    answer, _ = await asked(lambda: completion(SAID, usage=used))
    assert answer.usage == Llm(Endpoint("", "", "m")).worst(JOB)
    huge = {"prompt_tokens": 10**30, "completion_tokens": 0.5}
    answer, _ = await asked(lambda: completion(SAID, usage=huge))
    assert answer.usage == Llm(Endpoint("", "", "m")).worst(JOB)


@pytest.mark.parametrize(
    "body",
    [b"\xff\xfe\x00", "港口".encode("gb18030"), b"[" * 100_000, b"[]", b"<html>"],
    ids=lambda one: repr(one[:6]),
)
async def test_what_is_no_json_is_a_failure_that_may_have_been_billed(body):
    error = await refusal(lambda: web.Response(body=body, content_type="application/json"))
    assert error.billed[0] > 0
    assert not error.is_final


async def test_answers_that_were_lost_on_the_way_are_paid_for_beside_the_one_that_came():
    answers = iter([web.Response(body=b"<html>"), web.Response(status=503), completion(SAID)])
    answer, requests = await asked(lambda: next(answers))
    assert len(requests) == 3
    assert answer.usage.tokens == 390 + Llm(Endpoint("", "", "m")).worst(JOB).tokens
    error = await refusal(lambda: web.Response(body=b"<html>"), deadline=1.2)
    assert error.billed[0] >= 2 * Llm(Endpoint("", "", "m")).worst(JOB).tokens


@pytest.mark.parametrize("choices", [[], None, {}, ["x"], [{"message": None}], [{}]])
async def test_an_answer_without_choices_is_a_failed_call(choices):
    assert not (await refusal(lambda: completion(SAID, choices=choices))).is_final


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "300"}, 300),
        ({"Retry-After": "61.5"}, 61.5),
        ({"Retry-After": "9" * 400}, 86_400),
        ({"retry-after-ms": "90000"}, 90),
        ({"Retry-After": format_datetime(datetime.now(UTC) + timedelta(days=400), usegmt=True)}, 86_400),
    ],
    ids=["whole", "with a fraction", "endless", "in ms", "a date"],
)
async def test_who_asks_for_a_long_pause_has_it_and_no_more_than_a_day(headers, seconds):
    error = await refusal(lambda: web.Response(status=429, headers=headers))
    assert error.rest is not None
    assert error.rest.total_seconds() == seconds


@pytest.mark.parametrize(
    "given", ["", "soon", "-5", "٣", "Wed, 21 Oct 2015 07:28:00", "Wed, 21 Oct 99999 07:28:00 GMT"]
)
async def test_a_pause_that_cannot_be_read_is_as_long_as_we_think(given):
    error = await refusal(lambda: web.Response(status=429, headers={"Retry-After": given}))
    assert error.rest is None
    assert "no answer within" in error.reason


async def test_a_pause_until_a_moment_that_has_passed_is_none():
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    answers = iter([web.Response(status=429, headers={"Retry-After": past}), completion(SAID)])
    answer, requests = await asked(lambda: next(answers), deadline=0.8)
    assert answer.texts == {TextField.TITLE: "港口"}
    assert len(requests) == 2


@pytest.mark.parametrize(
    "body",
    ["", "x" * 100_000, '{"error": null}', '{"error": [1]}', "[" * 100_000, "\ud800"],
    ids=lambda one: ascii(one[:20]),
)
async def test_a_refusal_is_told_in_a_line_whatever_its_form(body):
    error = await refusal(lambda: web.Response(status=402, body=body.encode(errors="surrogatepass")))
    assert error.rest is not None
    assert len(error.reason) < 400
    assert "\n" not in error.reason


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        ("gpt-5-mini", {"reasoning_effort": "minimal"}),
        ("openai/gpt-5-mini", {"reasoning_effort": "minimal"}),
        ("gpt-5.1", {"reasoning_effort": "low"}),
        ("o3", {"reasoning_effort": "low"}),
        ("openai/gpt-oss-120b", {"reasoning_effort": "low"}),
        ("gemini-2.5-flash", {"reasoning_effort": "low"}),
        ("doubao-seed-1-6", {"thinking": {"type": "disabled"}}),
        ("deepseek-reasoner", {}),
        ("deepseek-v4-flash", {"thinking": {"type": "disabled"}}),
        ("kimi-k2.5", {"thinking": {"type": "disabled"}}),
        ("glm-4.7", {"thinking": {"type": "disabled"}}),
        ("qwen3.8-flash", {"enable_thinking": False}),
        ("Qwen/Qwen3-8B", {"chat_template_kwargs": {"enable_thinking": False}}),
        ("gpt-4o-mini", {}),
        ("deepseek-chat", {}),
    ],
)
async def test_thinking_is_switched_off_where_it_is_known_how(model, wanted):
    _, (request,) = await asked(lambda: completion(SAID), model)
    known = {"reasoning_effort", "thinking", "enable_thinking", "chat_template_kwargs"}
    assert {name: value for name, value in request.items() if name in known} == wanted
    is_reasoning = model.removeprefix("openai/") in ("gpt-5-mini", "gpt-5.1", "o3")
    assert ("max_completion_tokens" in request, "temperature" in request) == (is_reasoning, not is_reasoning)


async def test_a_provider_that_does_not_know_how_is_asked_without_and_that_is_remembered():
    answers = iter(
        [
            web.json_response({"error": {"message": "Unknown parameter: thinking"}}, status=400),
            completion(SAID),
            completion(SAID),
        ]
    )
    async with serving(lambda: next(answers)) as provider:
        llm = Llm(Endpoint(provider.url, "", "kimi-k2.5"))
        for _ in range(2):
            assert (await llm.make(JOB)).texts == {TextField.TITLE: "港口"}
        await llm.close()
    assert ["thinking" in one for one in provider.asked] == [True, False, False]
    assert {one["response_format"]["type"] for one in provider.asked} == {"json_schema"}
    assert json.dumps(provider.asked).count("Names of methods") == 3
