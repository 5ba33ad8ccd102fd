"""Models behind HTTP: what a real server does to us, and what is made of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import httpx2 as httpx
import pytest

from bot.app import utc_now
from bot.errors import MakerError, SettingsError
from bot.jobs.rate_limits import shared
from bot.settings import Settings
from bot.store import Store
from bot.summaries import Answer, Job, TextField
from bot.summaries.behaviours import Manner
from bot.summaries.chain import judge
from bot.summaries.endpoints import Endpoint, endpoints
from bot.summaries.llm import Llm
from bot.summaries.prompt import AnswerForm
from tests.counterparts import models
from tests.counterparts.needed import need
from tests.fakes import paper

PAPER = paper(
    1,
    title="Harbour: Sparse Attention for Tide Tables",
    abstract="We predict tides with sparse attention at cost $O(n \\log n)$. On 3 sets, the error falls by 12%.",
)
JOB = Job(PAPER, tuple(TextField))
GOOD = {
    "title": "港口：用于潮汐表的稀疏注意力",
    "one_line": "提出一种用稀疏注意力预测潮汐的方法，在 3 个数据集上误差减少 12%。",
    "abstract": "我们用稀疏注意力预测潮汐，代价为 XQ0X。在 3 个数据集上，误差减少 12%。",
    "english_line": "Sparse attention predicts tides with 12% less error on 3 data sets.",
}


@pytest.fixture
def mock(model_server):
    model_server.reset()
    model_server.answers(GOOD)
    return model_server


async def made(url: str, job: Job = JOB, *, count: int = 1, **options):
    llm = Llm(Endpoint(url, "sk-test", "gpt-4o-mini", (0.15, 0.6)), dice=lambda: 0.0, **options)
    try:
        return [await llm.make(job) for _ in range(count)]
    finally:
        await llm.close()


async def test_a_paper_is_one_request_and_its_formulas_come_back(mock):
    (answer,) = await made(mock.url)
    assert answer.texts[TextField.ABSTRACT] == GOOD["abstract"].replace("XQ0X", "$O(n \\log n)$")
    assert answer.usage.tokens > 0
    assert answer.usage.cost > 0
    assert judge(JOB, answer)[1] == []
    assert len(mock.requests()) == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"type": "fail", "status": 429, "retry_after": 1, "times": 2},
        {"type": "fail", "status": 503, "times": 2},
        {"type": "fail", "status": 500, "times": 2},
        {"type": "delay", "seconds": 1},
    ],
    ids=lambda one: f"{one['type']} {one.get('status', '')}",
)
async def test_a_fault_that_passes_is_waited_for(mock, fault):
    mock.does(fault)
    (answer,) = await made(mock.url)
    assert judge(JOB, answer)[1] == []
    assert not {"retry_after_ignored", "retry_storm", "retried_non_retryable"} & set(mock.verdict())


@pytest.mark.parametrize("status", [401, 402, 403])
async def test_a_refused_account_is_asked_once_and_then_left_alone(mock, status):
    mock.does({"type": "fail", "status": status, "times": None})
    llm = Llm(Endpoint(mock.url, "sk-test", "gpt-4o-mini"))
    for _ in range(3):
        with pytest.raises(MakerError) as caught:
            await llm.make(JOB)
        assert caught.value.rest is not None
        assert not caught.value.is_final
    await llm.close()
    assert len(mock.requests()) == 1


async def test_who_asks_for_more_than_a_minute_gets_a_rest(mock):
    mock.does({"type": "fail", "status": 429, "retry_after": 300, "times": None})
    with pytest.raises(MakerError) as caught:
        await made(mock.url)
    assert caught.value.rest is not None
    assert caught.value.rest.total_seconds() == 300
    assert len(mock.requests()) == 1


async def test_a_server_that_stays_broken_is_given_up_and_then_left_alone_for_a_while(mock, monkeypatch):
    monkeypatch.setattr("bot.summaries.llm._FIRST_PAUSE", 0.01)
    mock.does({"type": "fail", "status": 500, "times": None})
    llm = Llm(Endpoint(mock.url, "", "gpt-4o-mini"), dice=lambda: 0.0)
    for number in range(6):
        with pytest.raises(MakerError) as caught:
            await llm.make(JOB)
        assert (caught.value.rest is not None) == (number >= 4)
    await llm.close()
    assert len(mock.requests()) == 25


async def test_a_slow_server_is_not_waited_for_beyond_the_deadline(mock):
    mock.does({"type": "delay", "seconds": 5})
    with pytest.raises(MakerError) as caught:
        await made(mock.url, deadline=0.5)
    assert caught.value.billed > (0, 0)


async def test_a_server_that_is_not_there_is_said_so():
    with pytest.raises(MakerError, match=r"cannot reach|no answer") as caught:
        await made("http://127.0.0.1:9", deadline=1.0)
    assert not caught.value.is_final


@pytest.mark.parametrize(
    "said",
    [
        '```json\n{"title": "港口"}\n```',
        "<think>hmm</think><title>港口</title>",
        "<title>港口</title>",
        'Sure! {"title": "港口", "other": 3}',
    ],
)
async def test_an_answer_is_read_in_whatever_form_it_comes(mock, said):
    mock.reset()
    mock.answers(said)
    (answer,) = await made(mock.url, Job(PAPER, (TextField.TITLE,)))
    assert answer.texts == {TextField.TITLE: "港口"}


@pytest.mark.parametrize(
    ("abstract", "what"),
    [
        ("没有公式。", "missing"),
        ("XQ0X 与 XQ0X。", "doubled"),
        ("XQ0X 与 XQ7X。", "unknown"),
        ("XQ0X\x08eta。", "backslashes"),
    ],
)
async def test_a_formula_that_is_lost_or_invented_is_a_fault_with_a_reason(mock, abstract, what):
    mock.reset()
    mock.answers({"abstract": abstract})
    (answer,) = await made(mock.url, Job(PAPER, (TextField.ABSTRACT,)))
    assert answer.texts == {}
    assert what in answer.faults[TextField.ABSTRACT]


async def test_a_plainer_form_is_asked_for_where_a_provider_does_not_know_the_stricter_one_and_remembered():
    seen = []

    async def picky(request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(0)
        body = __import__("json").loads(request.content)
        kind = body.get("response_format", {}).get("type", "tagged")
        seen.append((kind, "temperature" in body))
        if kind != "tagged":
            return httpx.Response(400, json={"error": {"message": f"response_format {kind} is not available"}})
        said = "<title>港口</title>"
        return httpx.Response(200, json={"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})

    llm = Llm(Endpoint("http://picky.test/v1", "", "some-model"))
    llm._client = httpx.AsyncClient(transport=httpx.MockTransport(picky))
    for _ in range(2):
        assert (await llm.make(Job(PAPER, (TextField.TITLE,)))).texts == {TextField.TITLE: "港口"}
    await llm.close()
    assert [kind for kind, _ in seen] == ["json_schema", "json_object", "tagged", "tagged"]


async def test_no_more_is_asked_at_once_than_was_said_and_the_others_do_not_run_out_of_time_meanwhile():
    running, most = 0, 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.1)
        running -= 1
        said = "<title>港口</title>"
        return httpx.Response(200, json={"choices": [{"message": {"content": said}, "finish_reason": "stop"}]})

    llm = Llm(Endpoint("http://slow.test/v1", "", "some-model"), at_once=2, deadline=0.3)
    llm._client = httpx.AsyncClient(transport=httpx.MockTransport(slow))
    answers = await asyncio.gather(*(llm.make(Job(PAPER, (TextField.TITLE,))) for _ in range(8)))
    await llm.close()
    assert most == 2
    assert len(answers) == 8


async def test_the_rate_is_kept(mock):
    llm = Llm(Endpoint(mock.url, "", "gpt-4o-mini"), per_minute=600)
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(llm.make(JOB) for _ in range(6)))
    assert asyncio.get_running_loop().time() - started >= 0.5
    await llm.close()


async def test_the_rate_is_kept_by_all_processes_together(mock, store, store_url):
    others = [Store.open(store_url, exclusive=False, has_clock=True) for _ in range(3)]
    llms = [Llm(Endpoint(mock.url, "", "gpt-4o-mini"), per_minute=600) for _ in others]
    for llm, own in zip(llms, others, strict=True):
        llm.share_rate_limits(shared(own, utc_now))
    started = asyncio.get_running_loop().time()
    await asyncio.gather(*(llm.make(JOB) for llm in llms for _ in range(3)))
    assert asyncio.get_running_loop().time() - started >= 0.8
    for one in (*llms, *others):
        await one.close()


async def test_without_the_database_which_counts_its_requests_nothing_is_asked(mock):
    llm = Llm(Endpoint(mock.url, "", "gpt-4o-mini"), per_minute=600)
    away = Store.open("postgresql://nobody@127.0.0.1:1/none")
    llm.share_rate_limits(shared(away, utc_now))
    with pytest.raises(MakerError, match="database is away"):
        await llm.make(JOB)
    await llm.close()
    await away.close()


@pytest.mark.parametrize(
    ("given", "what"),
    [
        ({"openai_base_url": ("http://a",)}, "OPENAI_MODEL"),
        ({"openai_base_url": ("http://a", "http://b"), "openai_model": ("x", "y", "z")}, "OPENAI_BASE_URL"),
        ({"openai_api_key": "k", "llm_daily_cost": 1.0}, "LLM_PRICES"),
        ({"openai_api_key": "k", "llm_prices": ("cheap",)}, "LLM_PRICES"),
    ],
)
def test_settings_that_do_not_fit_together_are_told(given, what):
    with pytest.raises(SettingsError, match=what):
        endpoints(Settings(_env_file=None, **given))


def test_models_fall_back_in_order_and_one_key_is_for_all():
    found = endpoints(
        Settings(
            _env_file=None,
            openai_base_url=("http://a/v1/", "http://b/v1"),
            openai_api_key="k",
            openai_model=("x", "y"),
            llm_prices=("1/2",),
        )
    )
    assert found == (Endpoint("http://a/v1", "k", "x", (1, 2)), Endpoint("http://b/v1", "k", "y", (1, 2)))
    assert endpoints(Settings(_env_file=None)) == ()


def test_a_text_that_nobody_asked_for_is_not_judged():
    answer = Answer({TextField.TITLE: "潮汐的注意力", TextField.ENGLISH_LINE: "Zebras wander through savannahs."})
    judged, _ = judge(Job(PAPER, (TextField.TITLE,)), answer)
    assert set(judged) == {TextField.TITLE}


MANNERS = [
    Manner(AnswerForm.SCHEMA),
    Manner(AnswerForm.OBJECT, cap="max_completion_tokens"),
    Manner(AnswerForm.TAGGED, temperature=False),
    Manner(AnswerForm.SCHEMA, stream=True, thinking={"chat_template_kwargs": {"enable_thinking": False}}),
    Manner(AnswerForm.SCHEMA, thinking={"reasoning_effort": "low"}),
]


async def test_a_real_llama_takes_every_form_of_a_request_and_no_text_of_its_passes():
    """A small model that knows no Chinese; where it writes on until it is cut off, there is no text at all."""
    need("the models", models.missing())
    job = Job(PAPER, (TextField.TITLE,))
    with models.llama() as url:
        for manner in MANNERS:
            llm = Llm(Endpoint(url, "sk-test", "smol"), deadline=300)
            llm._manner = replace(manner, room=150)
            (outcome,) = await asyncio.gather(llm.make(job), return_exceptions=True)
            await llm.close()
            assert replace(llm._manner, room=manner.room) == manner, "it was taken at the first try"
            if isinstance(outcome, Answer):
                assert judge(job, outcome)[1], "a model that knows no Chinese does not pass"
            else:
                assert isinstance(outcome, MakerError)
                assert outcome.again, outcome.reason
            used = outcome.usage.tokens if isinstance(outcome, Answer) else outcome.billed[0]
            assert used > 300, "llama.cpp counts what it reads and writes"
