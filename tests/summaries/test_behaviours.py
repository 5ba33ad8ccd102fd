"""What providers demand and how they refuse, each behind a real socket: the text is there in the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from bot.errors import MakerError
from bot.summaries import Job, TextField
from bot.summaries.behaviours import THINKING_ROOM
from bot.summaries.endpoints import Endpoint
from bot.summaries.llm import Llm
from tests.fakes import paper

JOB = Job(paper(1, abstract="We predict tides at cost $O(n)$."), (TextField.TITLE, TextField.ABSTRACT))
SAID = {"title": "港口", "abstract": "我们以 XQ0X 的代价预测潮汐。"}
RIGHT = {TextField.TITLE: "港口", TextField.ABSTRACT: "我们以 $O(n)$ 的代价预测潮汐。"}
PLAIN = json.dumps(SAID, ensure_ascii=False)
Demand = Callable[[dict[str, Any]], web.Response | None]


def completion(content: Any = PLAIN, finish: str = "stop", **more: Any) -> web.Response:
    choice = {"message": {"content": content}, "finish_reason": finish}
    used = {"prompt_tokens": 300, "completion_tokens": 90}
    return web.json_response({"choices": [choice], "usage": used} | more)


def no(status: int, message: str, **more: Any) -> web.Response:
    return web.json_response({"error": {"message": message} | more}, status=status)


class Provider:
    """An endpoint with a demand: it answers well when the demand has nothing against a request."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand
        self.asked: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.url = ""

    async def respond(self, request: web.Request) -> web.StreamResponse:
        self.paths.append(request.path_qs)
        self.asked.append(await request.json())
        return self.demand(self.asked[-1]) or completion()


@pytest.fixture
async def provider():
    one = Provider(lambda _body: None)
    application = web.Application()
    application.router.add_post("/{path:.*}", one.respond)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    one.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield one
    await runner.cleanup()


async def made(provider: Provider, model: str = "some-model", path: str = "/v1", times: int = 1):
    """Ask as the chain does: once more where that is worth it."""
    llm = Llm(Endpoint(f"{provider.url}{path}", "sk-test", model, (1.0, 1.0)), dice=lambda: 0.0)
    try:
        for _ in range(times):
            try:
                answer = await llm.make(JOB)
            except MakerError as error:
                if not error.again:
                    raise
                answer = await llm.make(JOB)
        return answer
    finally:
        await llm.close()


def demands(name: str, *, instead: str = "", status: int = 400, words: str = "") -> Demand:
    """Refuse requests that have a parameter."""
    said = words or f"Unsupported parameter: '{name}' is not supported with this model."
    said += f" Use '{instead}' instead." if instead else ""
    return lambda body: no(status, said) if name in body else None


DEMANDS: dict[str, tuple[Demand, int]] = {
    "max_completion_tokens": (demands("max_tokens", instead="max_completion_tokens"), 2),
    "no temperature": (demands("temperature"), 2),
    "a smaller cap": (
        lambda body: no(400, "max_tokens: the maximum is 1024") if body["max_tokens"] > 1024 else None,
        2,
    ),
    "streams only": (
        lambda body: None if body.get("stream") else no(400, "This model only support stream mode"),
        2,
    ),
    "streams that are not counted": (
        lambda body: no(400, "Unrecognized request argument supplied: stream_options")
        if "stream_options" in body else None if body.get("stream") else no(400, "only stream mode is supported"),
        3,
    ),
    "no thoughts without a stream": (
        lambda body: None if body.get("enable_thinking") is False
        else no(400, "parameter.enable_thinking must be set to false for non-streaming calls"),
        2,
    ),
    "404 for the form": (
        lambda body: no(404, "No endpoints found that can handle the requested parameters: response_format")
        if "response_format" in body else None,
        3,
    ),
    "500 for the form": (
        lambda body: no(500, "failed to compile grammar")
        if body.get("response_format", {}).get("type") == "json_schema" else None,
        2,
    ),
    "422 with a detail": (
        lambda body: web.json_response(
            {"detail": [{"loc": ["body", "response_format", "type"], "msg": "Input should be 'text'"}]}, status=422
        )
        if "response_format" in body else None,
        3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", DEMANDS)
async def test_a_demand_is_learned_from_the_refusal_and_remembered(provider, name):
    provider.demand, most = DEMANDS[name]
    answer = await made(provider, times=3)
    assert answer.texts == RIGHT
    assert len(provider.asked) <= most + 2, "the second and the third paper are one request each"


EVENTS = [
    {"choices": [{"delta": {"content": PLAIN[:9]}}]},
    {"choices": [{"delta": {"content": PLAIN[9:]}, "finish_reason": "stop"}]},
    {"choices": [], "usage": {"prompt_tokens": 300, "completion_tokens": 90}},
]
STREAM = "".join(f"data: {json.dumps(one)}\n\n" for one in EVENTS) + "data: [DONE]\n\n"


@pytest.mark.parametrize("kind", ["text/event-stream", "text/plain", "application/json"])
async def test_a_stream_that_nobody_asked_for_is_read_with_its_usage(provider, kind):
    provider.demand = lambda _body: web.Response(text=STREAM, content_type=kind)
    answer = await made(provider)
    assert answer.texts == RIGHT
    assert answer.usage.tokens == 390


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("/v1/chat/completions", "/v1/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/deployments/x?api-version=2026-01-01", "/deployments/x/chat/completions?api-version=2026-01-01"),
        ("/x/chat/completions?api-version=1", "/x/chat/completions?api-version=1"),
    ],
)
async def test_an_address_may_have_a_query_or_be_that_of_completions(provider, path, wanted):
    await made(provider, path=path)
    assert provider.paths == [wanted]


def test_azure_takes_the_key_under_its_own_name():
    assert Endpoint("https://me.openai.azure.com/openai", "k", "m").headers["api-key"] == "k"
    assert "api-key" not in Endpoint("https://api.openai.com/v1", "k", "m").headers


@pytest.mark.parametrize(
    "content",
    [
        f"{PLAIN}\nI hope that this {{helps}} you.",
        f"I shall use {{braces}} and \"quotes\".\n{PLAIN}",
        f"<reasoning>{{\"title\": \"草稿\", \"abstract\": \"草稿\"}}</reasoning>{PLAIN}",
        json.dumps({"texts": SAID}),
        json.dumps({"result": {"paper": SAID}}),
        json.dumps({"output": PLAIN}),
        json.dumps(PLAIN),
        json.dumps({"Title": SAID["title"], "ABSTRACT": SAID["abstract"]}),
        json.dumps(SAID | {"abstract": ["我们以 XQ0X ", "的代价预测潮汐。"]}),
        PLAIN.replace("XQ0X", "XQ 0 X"),
        PLAIN.replace("XQ0X", "ＸＱ０Ｘ"),
        f"<Title>{SAID['title']}</Title><ABSTRACT>{SAID['abstract']}</ABSTRACT>",
    ],
    ids=["prose behind", "prose before", "a draft in thoughts", "nested", "deeper", "encoded inside",
         "encoded twice", "other case", "a list", "masks with spaces", "wide masks", "tags in other case"],
)  # fmt: skip
async def test_a_text_is_found_in_whatever_it_is_wrapped(provider, content):
    provider.demand = lambda _body: completion(content)
    assert (await made(provider)).texts == RIGHT


@pytest.mark.parametrize(
    ("status", "message", "more"),
    [
        (
            400,
            "The response was filtered due to Azure OpenAI's content management policy.",
            {"code": "content_filter"},
        ),
        (400, "Content Exists Risk", {"code": "invalid_request_error"}),
        (400, "Input data may contain inappropriate content.", {"code": "data_inspection_failed"}),
        (403, "Your chosen model requires moderation and your input was flagged", {}),
    ],
)
async def test_what_a_filter_refuses_is_final_at_once(provider, status, message, more):
    provider.demand = lambda _body: no(status, message, **more)
    with pytest.raises(MakerError) as caught:
        await made(provider)
    assert caught.value.is_final
    assert len(provider.asked) == 1


@pytest.mark.parametrize(
    "choice",
    [
        {"message": {"content": PLAIN}, "finish_reason": "content_filter"},
        {"message": {"content": None, "refusal": "I cannot help with that."}, "finish_reason": "stop"},
    ],
    ids=["a filter", "the model"],
)
@pytest.mark.parametrize("is_stream", [False, True])
async def test_who_declines_in_a_200_is_not_asked_again(provider, choice, is_stream):
    said = {"choices": [choice], "usage": {"prompt_tokens": 300, "completion_tokens": 90}}
    event = said | {"choices": [{"delta": choice["message"], "finish_reason": choice["finish_reason"]}]}
    stream = web.Response(text=f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n", content_type="text/event-stream")
    provider.demand = lambda _body: stream if is_stream else web.json_response(said)
    with pytest.raises(MakerError) as caught:
        await made(provider)
    assert (caught.value.is_final, caught.value.billed[0], len(provider.asked)) == (True, 390, 1)


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "API key not valid. Please pass a valid API key."),
        (400, "Incorrect API key provided: sk-t**t"),
        (400, "Access denied, please make sure your account is in good standing. Arrearage"),
        (429, "You exceeded your current quota: insufficient_quota"),
        (400, "Model Not Exist"),
    ],
)
async def test_a_wrong_key_and_an_empty_account_are_a_rest_whatever_the_status(provider, status, message):
    provider.demand = lambda _body: no(status, message)
    with pytest.raises(MakerError) as caught:
        await made(provider)
    assert caught.value.rest
    assert not caught.value.is_final
    assert len(provider.asked) == 1


BAD_MINUTES: dict[str, Callable[[], web.Response]] = {
    "an error in a 200": lambda: web.json_response({"error": {"code": 502, "message": "Provider returned error"}}),
    "an error in a choice": lambda: web.json_response(
        {"choices": [{"error": {"code": 429, "message": "slow down"}, "finish_reason": "error"}]}
    ),
    "an error without a code": lambda: web.json_response({"error": "upstream connect error"}),
    "an error in a stream": lambda: web.Response(
        text='data: {"error": {"code": 503, "message": "overloaded"}}\n\n', content_type="text/event-stream"
    ),
    "a notice": lambda: completion("The service is busy, please try again later."),
    "a Chinese notice": lambda: completion("服务器繁忙，请稍后再试。"),
    "nothing": lambda: completion(""),
    "chatter": lambda: completion("I would be glad to help you with that paper!"),
    "thoughts that filled the room": lambda: completion("", "length"),
    "an abstract cut off": lambda: completion(PLAIN[:40], "length"),
}


@pytest.mark.parametrize("name", BAD_MINUTES)
async def test_one_bad_answer_is_no_verdict(provider, name, monkeypatch):
    monkeypatch.setattr("bot.summaries.llm._FIRST_PAUSE", 0.01)
    provider.demand = lambda _body: BAD_MINUTES[name]() if len(provider.asked) == 1 else None
    assert (await made(provider)).texts == RIGHT
    assert len(provider.asked) == 2


@pytest.mark.parametrize(
    "said",
    [
        "You exceeded your current quota, please check your plan and billing details. " + 9 * "Quota exceeded for "
        "metric: generate_content_free_tier_requests, limit: 15. " + "Please retry in 0.0482s.",
        "Rate limit reached for requests per min (RPM): Limit 3, Used 3. Please try again in 0m0.05s.",
    ],
    ids=["Gemini", "OpenAI"],
)
async def test_a_quota_of_a_minute_is_waited_for_as_long_as_is_said(provider, said):
    provider.demand = lambda _body: no(429, said) if len(provider.asked) == 1 else None
    assert (await made(provider)).texts == RIGHT
    assert len(provider.asked) == 2


async def test_a_pause_of_minutes_that_is_only_said_is_a_rest(provider):
    provider.demand = lambda _body: no(429, "Rate limit reached. Please try again in 7m12.5s.")
    with pytest.raises(MakerError) as caught:
        await made(provider)
    assert caught.value.rest
    assert caught.value.rest.total_seconds() == 432.5
    assert len(provider.asked) == 1


async def test_what_failed_is_booked_at_what_it_used(provider, monkeypatch):
    monkeypatch.setattr("bot.summaries.llm._FIRST_PAUSE", 0.0)
    provider.demand = lambda _body: BAD_MINUTES["an error in a 200"]() if len(provider.asked) == 1 else None
    assert (await made(provider)).usage.tokens == 390
    provider.demand = lambda _body: completion("")
    llm = Llm(Endpoint(f"{provider.url}/v1", "", "m"))
    with pytest.raises(MakerError) as caught:
        await llm.make(JOB)
    await llm.close()
    assert caught.value.billed == (390, 0)


@pytest.mark.parametrize(
    "model",
    ["deepseek-reasoner", "gemini-2.5-flash", "openai/gpt-oss-120b", "doubao-seed-1-6", "openai/gpt-5-mini"],
)
async def test_a_model_that_thinks_has_room_for_it(provider, model):
    def thinks(body: dict[str, Any]) -> web.Response | None:
        room = body.get("max_tokens", 0) or body["max_completion_tokens"]
        return completion("", "length") if room < 4_500 else None

    provider.demand = thinks
    assert (await made(provider, model)).texts == RIGHT
    assert len(provider.asked) == 1


async def test_a_model_whose_thoughts_nobody_knew_of_is_given_room_and_booked_with_it(provider):
    provider.demand = lambda body: completion("", "length") if body["max_tokens"] < 4_500 else None
    llm = Llm(Endpoint(f"{provider.url}/v1", "", "surprise"))
    before = llm.worst(JOB).tokens
    with pytest.raises(MakerError, match="room"):
        await llm.make(JOB)
    assert llm.worst(JOB).tokens - before == THINKING_ROOM - 1_500
    assert (await llm.make(JOB)).texts == RIGHT
    await llm.close()
