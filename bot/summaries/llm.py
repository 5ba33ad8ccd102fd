"""Models behind any endpoint that speaks OpenAI's chat completions: one paper for each call.

Providers differ in what they take; a request that one refuses is asked in a plainer form, and what was taken is
remembered. Waiting is done here, within a deadline for each paper; who comes next is the chain's business.
"""

from __future__ import annotations

import asyncio
import logging
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2 as httpx

from bot.errors import MakerError, MaskError
from bot.summaries import LONGEST, Answer, Field, Job, Usage
from bot.summaries import prompt as prompts
from bot.summaries.endpoints import Endpoint
from bot.summaries.prompt import Form

log = logging.getLogger(__name__)

DEADLINE = 90.0
"""Seconds for one paper, all tries together."""

PATIENCE = 60.0
"""Seconds that a provider may ask us to wait for; when it asks for more, it rests and the next one is asked."""

REST = timedelta(minutes=30)
"""After a refusal of the account, which lasts until a person does something."""

SHORT_REST = timedelta(minutes=5)
"""After so many failures in a row."""

_BROKEN_AFTER = 5
_MOST_TRIES = 5
_MOST_TOKENS = 1_500  # of an answer: the longest Chinese abstract took 441
_BELIEVABLE = 1_000_000  # tokens of one call
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 20.0
_LONGEST_REST = 86_400.0  # seconds
_PLAINER = (400, 415, 422, 501)  # what providers say to a form that they do not know
_LADDER = (Form.SCHEMA, Form.OBJECT, Form.TAGGED)
_THOUGHTLESS: tuple[tuple[str, dict[str, Any]], ...] = (
    (r"^(gpt-5|o[1-9])", {"reasoning_effort": "minimal"}),
    (r"deepseek-v[4-9]|kimi|glm-[4-9]", {"thinking": {"type": "disabled"}}),
    (r"^qwen.*-(plus|flash|turbo|max)", {"enable_thinking": False}),
    (r"qwen|hunyuan|smollm3|granite", {"chat_template_kwargs": {"enable_thinking": False}}),
)
"""How thinking is switched off, by the name of the model; it costs tokens and makes translations no better."""


@dataclass(slots=True)
class _Manner:
    """How a provider wants to be asked, as far as it is known."""

    form: Form = Form.SCHEMA
    extras: bool = True


class _Refused(Exception):
    """A request that a plainer form may mend."""


class _Busy(Exception):
    """A request to repeat, not before `pause` seconds."""

    def __init__(self, reason: str, pause: float | None = None, *, may_cost: bool = False) -> None:
        super().__init__(reason)
        self.pause = pause
        self.may_cost = may_cost


class Llm:
    """One provider: its pace, its manner, and its rests."""

    learns = True

    def __init__(
        self,
        endpoint: Endpoint,
        *,
        at_once: int = 4,
        per_minute: int = 0,
        deadline: float = DEADLINE,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._endpoint = endpoint
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(deadline, connect=10),
            limits=httpx.Limits(max_connections=None),
            headers={"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {},
        )
        self._places = asyncio.Semaphore(at_once)
        self._deadline = deadline
        self._dice = dice
        self._manner = _Manner()
        self._between = 60 / per_minute if per_minute else 0.0
        self._next_at = 0.0  # by the loop's clock: for the rate, and while everybody has to wait
        self._rest_until = 0.0
        self._in_a_row = 0
        self._has_answered = False

    @property
    def name(self) -> str:
        """The provenance of its texts."""
        return f"llm:{self._endpoint.model}"[:120]

    @property
    def prompt(self) -> str:
        """The version of how it is asked."""
        return prompts.VERSION

    def makes(self, field: Field) -> bool:
        """A model can be asked for anything."""
        return field in Field

    def worst(self, job: Job) -> Usage:
        """Three characters are a token at the worst, and the answer is as long as it may be."""
        texts = sum(min(len(text), LONGEST) for text in (job.paper.title, job.paper.abstract))
        asked = len(prompts.SYSTEM) + texts + 800
        return self._usage(asked // 3, _MOST_TOKENS)

    async def make(self, job: Job, reason: str = "") -> Answer:
        """Ask for the texts of one paper, a few at once; tries again by itself until the deadline."""
        async with self._places:
            now = asyncio.get_running_loop().time()
            if now < self._rest_until:
                raise MakerError(f"{self.name} rests", rest=timedelta(seconds=self._rest_until - now))
            lost: list[_Busy] = []
            try:
                async with asyncio.timeout(self._deadline):
                    answer = await self._answer(job, reason, lost)
            except TimeoutError as error:
                late = f"no answer within {self._deadline:.0f} s"
                raise self._failed(late, may_cost=len(lost) + 1) from error
            except MakerError as error:
                error.may_cost += len(lost)
                raise
            self._in_a_row, self._has_answered = 0, True
            return replace(answer, usage=answer.usage.plus(self.worst(job).times(len(lost))))

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _answer(self, job: Job, reason: str, lost: list[_Busy]) -> Answer:
        """Ask until there is an answer: more plainly when refused, later when busy. What was `lost` is billed."""
        paper = prompts.original(job.paper)
        manner = _Manner(self._manner.form, self._manner.extras)
        pause, tries = _FIRST_PAUSE, 0
        while True:
            tries += 1
            body = self._body(manner, prompts.messages(paper, job.fields, manner.form, reason), job)
            try:
                data = await self._once(body)
            except _Refused as error:
                if not _plainer(manner, str(error)):
                    self._count()
                    # From one that has never answered, this is no word about the paper.
                    raise MakerError(str(error), is_final=self._has_answered) from error
            except _Busy as error:
                lost += [error] if error.may_cost else []
                if tries >= _MOST_TRIES:
                    raise self._failed(str(error)) from error
                await asyncio.sleep(pause * (0.5 + self._dice() / 2) if error.pause is None else error.pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            else:
                self._manner = manner
                return self._read(paper, job, data)

    def _body(self, manner: _Manner, messages: list[dict[str, str]], job: Job) -> dict[str, Any]:
        model = self._endpoint.model
        is_reasoning = re.match(r"(gpt-5|o[1-9])", model)
        body: dict[str, Any] = {"model": model, "messages": messages}
        body |= {"max_completion_tokens" if is_reasoning else "max_tokens": _MOST_TOKENS}
        body |= prompts.response_format(job.fields, manner.form)
        if manner.extras:
            body |= {} if is_reasoning else {"temperature": 0.2}
            body |= next((more for pattern, more in _THOUGHTLESS if re.search(pattern, model.lower())), {})
        return body

    async def _once(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """One request, when the rate allows it. Raises _Refused, _Busy and MakerError."""
        await self._turn()
        try:
            response = await self._client.post(f"{self._endpoint.url}/chat/completions", json=body)
        except httpx.ConnectError as error:
            raise _Busy(f"cannot reach {self._endpoint.url}: {error}") from error
        except httpx.HTTPError as error:
            raise _Busy(f"the connection broke: {type(error).__name__}", may_cost=True) from error
        if response.status_code != 200:
            raise self._trouble(response)
        try:
            data = response.json()
        except (ValueError, RecursionError) as error:
            raise _Busy("the answer is no JSON", may_cost=True) from error
        if not isinstance(data, dict):
            raise _Busy("the answer is no JSON object", may_cost=True)
        return data

    async def _turn(self) -> None:
        now = asyncio.get_running_loop().time()
        at = max(now, self._next_at)
        self._next_at = at + self._between
        await asyncio.sleep(at - now)

    def _trouble(self, response: httpx.Response) -> Exception:
        """What an answer that is none means."""
        status, what = response.status_code, _error_of(response)
        reason = f"{self.name} answers {status}: {what}"
        if status in (401, 402, 403, 404) or "insufficient_quota" in what:
            self._rest(REST)
            return MakerError(f"{reason} (no more is asked of it for now)", rest=REST)
        if status == 429 or (status >= 500 and status != 501) or status in (408, 409):
            pause = _retry_after(response)
            if pause is not None and pause > PATIENCE:
                self._rest(timedelta(seconds=pause))
                return MakerError(f"{reason} (it asks for {pause:.0f} s)", rest=timedelta(seconds=pause))
            if pause is not None:  # for all that are asking
                self._next_at = max(self._next_at, asyncio.get_running_loop().time() + pause)
            return _Busy(reason, pause)
        return _Refused(reason) if status in _PLAINER else MakerError(reason, is_final=self._has_answered)

    def _read(self, paper: prompts.Original, job: Job, data: Mapping[str, Any]) -> Answer:
        """The texts of an answer, and what is wrong with those that are not to be had."""
        content, stopped = _choice(data)
        found = prompts.texts(content, job.fields)
        texts: dict[Field, str] = {}
        faults: dict[Field, str] = {}
        for field in job.fields:
            try:
                if field in found:
                    texts[field] = prompts.restored(paper, field, found[field])
                else:
                    faults[field] = "it was cut off: write less" if stopped == "length" else "it is not there"
            except MaskError as error:
                faults[field] = str(error)
        counted = _counted(data)
        return Answer(texts, self._usage(*counted) if counted else self.worst(job), faults)

    def _usage(self, asked: int, given: int) -> Usage:
        price_in, price_out = self._endpoint.prices
        return Usage(asked + given, -int(-(asked * price_in + given * price_out) // 1))

    def _failed(self, reason: str, *, may_cost: int = 0) -> MakerError:
        self._count()
        rest = SHORT_REST if self._in_a_row == 0 else None
        return MakerError(f"{self.name}: {reason}", rest=rest, may_cost=may_cost)

    def _count(self) -> None:
        """One more failure; after several in a row nothing is asked for a while."""
        self._in_a_row += 1
        if self._in_a_row >= _BROKEN_AFTER:
            self._in_a_row = 0
            self._rest(SHORT_REST)

    def _rest(self, much: timedelta) -> None:
        log.warning("model_rests model=%s seconds=%.0f", self._endpoint.model, much.total_seconds())
        self._rest_until = asyncio.get_running_loop().time() + much.total_seconds()


def _plainer(manner: _Manner, reason: str) -> bool:
    """Ask in the next plainer manner, if there is one."""
    if manner.extras and re.search(r"temperature|reasoning|thinking|chat_template|unsupported|unknown", reason):
        manner.extras = False
        return True
    if manner.form is not _LADDER[-1]:
        manner.form = _LADDER[_LADDER.index(manner.form) + 1]
        return True
    if manner.extras:
        manner.extras = False
        return True
    return False


def _choice(data: Mapping[str, Any]) -> tuple[str, str]:
    """The content of the first choice, and why it ends; MakerError when the model has refused."""
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    found = choice.get("message")
    message = found if isinstance(found, dict) else {}
    stopped = str(choice.get("finish_reason") or "")
    content = message.get("content")
    if isinstance(content, list):  # as some give it, with the thoughts in parts of another type
        parts = (one for one in content if isinstance(one, dict) and one.get("type") == "text")
        content = "".join(str(one.get("text", "")) for one in parts)
    if stopped == "content_filter" or message.get("refusal"):
        raise MakerError("the model will not do it", is_final=True, may_cost=1)
    return content if isinstance(content, str) else "", stopped


def _counted(data: Mapping[str, Any]) -> tuple[int, int] | None:
    """The tokens of question and answer, None when they are not said, or are nothing that one could believe."""
    used = data.get("usage")
    if not isinstance(used, dict):
        return None
    asked, given = used.get("prompt_tokens"), used.get("completion_tokens")
    if not isinstance(asked, int) or not isinstance(given, int):
        return None
    return (asked, given) if min(asked, given) >= 0 and max(asked, given) < _BELIEVABLE else None


def _error_of(response: httpx.Response) -> str:
    """What the server says, short; never what we sent."""
    try:
        found = response.json()
        error = found.get("error", found)
        text = f"{error.get('message', '')} {error.get('code') or ''}" if isinstance(error, dict) else str(error)
    except (ValueError, RecursionError, AttributeError):
        text = response.text
    return " ".join(text.split())[:200]


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, or the finer header of some."""
    if re.fullmatch(r"[0-9]{1,9}", fine := response.headers.get("retry-after-ms", "")):
        return int(fine) / 1000
    given = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", given):
        return min(float(given), _LONGEST_REST)
    try:
        until = parsedate_to_datetime(given)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), _LONGEST_REST)
    except (ValueError, TypeError):  # no date, or one without a zone
        return None
