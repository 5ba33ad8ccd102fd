"""Models behind any endpoint that speaks OpenAI's chat completions: one paper for each call.

Providers differ in what they take; a request that one refuses is asked in another manner (`behaviours`), and
what was taken is remembered. A call that fails, with whatever status, says nothing about its paper. Waiting is
done here, within a deadline for each paper; who comes next is the chain's business.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx2 as httpx

from bot.bodies import answer_to
from bot.certificates import trusted
from bot.errors import MakerError, MaskError, SudiError
from bot.pacing import RateLimit, Reserve
from bot.summaries import LONGEST, Answer, Job, TextField, Usage, answers, completions
from bot.summaries import prompt as prompts
from bot.summaries.behaviours import (
    MOST_ROOM,
    ROOM,
    THINKING_ROOM,
    Manner,
    Meaning,
    is_of_this_minute,
    learn,
    manner_of,
    meaning,
    sounds_busy,
)
from bot.summaries.completions import Completion, NotACompletionError, Refusal
from bot.summaries.endpoints import Endpoint
from bot.supervision import BackOff

log = logging.getLogger(__name__)

DEADLINE = 90.0
"""Seconds for one paper, all tries together; a model that thinks has three times as many."""

PATIENCE = 60.0
"""Seconds that a provider may ask us to wait for; when it asks for more, it rests and the next one is asked."""

REST = timedelta(minutes=30)
"""After a refusal of the account, which lasts until a person does something."""

SHORT_REST = timedelta(minutes=5)
"""After so many failures in a row."""

_BROKEN_AFTER = 5
_MOST_TRIES = 5
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 20.0
_LARGEST, _LARGEST_STREAM = 4 * 2**20, 16 * 2**20
"""Bytes of an answer: parsed at once it takes twenty times as much, and a stream has hundreds for each token."""


class _Refused(Exception):
    """A request that another manner may mend."""


class _Busy(Exception):
    """A request to repeat, not before `pause` seconds; `used` is what it cost all the same."""

    def __init__(self, reason: str, pause: float | None = None, used: Usage | None = None) -> None:
        super().__init__(reason)
        self.pause = pause
        self.used = used or Usage()


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
            verify=trusted(),
            timeout=httpx.Timeout(3 * deadline, connect=10),
            limits=httpx.Limits(max_connections=None),
            headers=endpoint.headers,
        )
        self._places = asyncio.Semaphore(at_once)
        self._deadline = deadline
        self._dice = dice
        self._manner = manner_of(endpoint.model)
        self._between = timedelta(minutes=1) / per_minute if per_minute else None
        self._rate_limit = self._limited(None)
        self._busy_until = 0.0  # by the loop's clock
        self._rest_until = 0.0
        self._in_a_row = 0

    @property
    def name(self) -> str:
        """The provenance of its texts."""
        return f"llm:{self._endpoint.model}"[:120]

    @property
    def prompt(self) -> str:
        """The version of how it is asked."""
        return prompts.VERSION

    def makes(self, field: TextField) -> bool:
        """A model can be asked for anything."""
        return field in TextField

    def worst(self, job: Job) -> Usage:
        """Three characters are a token at the worst, and the answer is as long as it may be."""
        texts = sum(min(len(text), LONGEST) for text in (job.paper.title, job.paper.abstract))
        asked = len(prompts.SYSTEM) + texts + 1_200
        return self._usage(asked // 3, self._manner.room)

    def share_rate_limits(self, reserve: Reserve) -> None:
        """Take where requests under LLM_PER_MINUTE are booked."""
        self._rate_limit = self._limited(reserve)

    def _limited(self, reserve: Reserve | None) -> RateLimit | None:
        return RateLimit(self.name, self._between, reserve=reserve) if self._between else None

    async def make(self, job: Job, reason: str = "") -> Answer:
        """Ask for the texts of one paper, a few at once; tries again by itself until the deadline."""
        async with self._places:
            now = asyncio.get_running_loop().time()
            if now < self._rest_until:
                raise MakerError(f"{self.name} rests", rest=timedelta(seconds=self._rest_until - now))
            deadline = self._deadline * (3 if self._manner.room > ROOM else 1)
            lost: list[Usage] = []
            try:
                async with asyncio.timeout(deadline):
                    answer = await self._answer(job, reason, lost)
            except TimeoutError as error:
                lost.append(self.worst(job))
                raise self._failed(f"no answer within {deadline:.0f} s", _sum(lost)) from error
            except MakerError as error:
                error.billed = _sum([*lost, Usage(*error.billed)]).pair
                raise
            self._in_a_row = 0
            return replace(answer, usage=_sum([*lost, answer.usage]))

    async def close(self) -> None:
        """Let go of connections."""
        await self._client.aclose()

    async def _answer(self, job: Job, reason: str, lost: list[Usage]) -> Answer:
        """Ask until there is an answer: in another manner when refused, later when busy. `lost` is billed too."""
        paper = prompts.original(job.paper)
        manner = replace(self._manner)
        backoff = BackOff(_FIRST_PAUSE, _LONGEST_PAUSE, dice=self._dice)
        tries = 0
        while True:
            tries += 1
            messages = prompts.messages(job.paper, paper, job.fields, manner.form, reason)
            try:
                completion = await self._once(self._body(manner, messages, job), job)
            except _Refused as error:
                if not learn(manner, str(error)):
                    raise self._failed(str(error)) from error
            except _Busy as error:
                lost += [error.used] if error.used != Usage() else []
                if tries >= _MOST_TRIES:
                    raise self._failed(str(error)) from error
                await asyncio.sleep(backoff.pause() if error.pause is None else error.pause)
            else:
                self._manner = manner
                return self._read(paper, job, completion)

    def _body(self, manner: Manner, messages: list[dict[str, str]], job: Job) -> dict[str, Any]:
        body: dict[str, Any] = {"model": self._endpoint.model, "messages": messages, manner.cap: manner.room}
        body |= prompts.response_format(job.fields, manner.form)
        body |= {"temperature": 0.2} if manner.temperature else {}
        body |= {"stream": True} if manner.stream else {}
        body |= {"stream_options": {"include_usage": True}} if manner.stream and manner.stream_options else {}
        return body | dict(manner.thinking)

    async def _once(self, body: Mapping[str, Any], job: Job) -> Completion:
        """One request, when the rate allows it. Raises _Refused, _Busy and MakerError."""
        await self._wait_for_rate_limit()
        try:
            most = _LARGEST_STREAM if body.get("stream") else _LARGEST
            response = await answer_to(self._client, "POST", self._endpoint.completions, most=most, json=body)
        except httpx.ConnectError as error:
            raise _Busy(f"cannot reach {self._endpoint.url}: {error}") from error
        except httpx.HTTPError as error:
            raise _Busy(f"the connection broke: {type(error).__name__}", used=self.worst(job)) from error
        if response.status_code != 200:
            raise self._trouble(completions.refusal(response), completions.retry_after(response))
        try:
            completion = completions.read(response)
        except NotACompletionError as error:
            raise _Busy(str(error), used=self.worst(job)) from error
        used = self._usage(*completion.counted) if completion.counted else Usage()
        if completion.refusal:
            raise self._trouble(completion.refusal, completions.retry_after(response), used)
        if sounds_busy(completion.content):
            raise _Busy(f"it says that it is busy: {completion.content[:80]}", used=used)
        return completion

    async def _wait_for_rate_limit(self) -> None:
        """Wait for a place and a turn; MakerError when the database, which gives turns, is away."""
        await asyncio.sleep(self._busy_until - asyncio.get_running_loop().time())
        if self._rate_limit is not None:
            try:
                await self._rate_limit.wait()
            except SudiError as error:
                raise MakerError(f"{self.name}: {error}") from error

    def _trouble(self, said: Refusal, pause: float | None, used: Usage | None = None) -> Exception:
        """What an answer that is none leads to."""
        reason = f"{self.name} answers {said.status}: {said.what}"
        match meaning(said.status, said.what):
            case Meaning.CONTENT:
                return MakerError(reason, is_final=True, billed=(used or Usage()).pair)
            case Meaning.ACCOUNT if not is_of_this_minute(said.status, said.what, pause):
                self._rest(REST)
                return MakerError(f"{reason} (no more is asked of it for now)", rest=REST)
            case Meaning.FORM:
                return _Refused(reason)
            case _ if pause is not None and pause > PATIENCE:
                self._rest(timedelta(seconds=pause))
                return MakerError(f"{reason} (it asks for {pause:.0f} s)", rest=timedelta(seconds=pause))
            case _:
                if pause is not None:  # for all that are asking
                    self._busy_until = max(self._busy_until, asyncio.get_running_loop().time() + pause)
                return _Busy(reason, pause, used)

    def _read(self, paper: prompts.Original, job: Job, completion: Completion) -> Answer:
        """The texts of an answer, and what is wrong with those that are not to be had.

        An answer without any of them is a call that failed; so is one cut off while there is more room.
        """
        used = self._usage(*completion.counted) if completion.counted else self.worst(job)
        if completion.is_declined:
            raise MakerError("the model will not do it", is_final=True, billed=used.pair)
        found = answers.texts(completion.content, job.fields)
        is_cut = completion.stopped == "length"
        if is_cut and len(found) < len(job.fields) and self._manner.room < MOST_ROOM:
            self._manner.room = THINKING_ROOM if self._manner.room < THINKING_ROOM else MOST_ROOM
            raise self._failed("its answer was cut off: it gets more room", used, again=True)
        if not found:
            raise self._failed("its answer has none of the texts", used, again=True)
        texts: dict[TextField, str] = {}
        faults: dict[TextField, str] = {}
        for field in job.fields:
            try:
                if field in found:
                    texts[field] = prompts.restored(paper, field, found[field])
                else:
                    faults[field] = "it was cut off: write less" if is_cut else "it is not there"
            except MaskError as error:
                faults[field] = str(error)
        return Answer(texts, used, faults)

    def _usage(self, asked: int, given: int) -> Usage:
        price_in, price_out = self._endpoint.prices
        return Usage(asked + given, -int(-(asked * price_in + given * price_out) // 1))

    def _failed(self, reason: str, used: Usage | None = None, *, again: bool = False) -> MakerError:
        """One more failure; after several in a row nothing is asked for a while."""
        self._in_a_row += 1
        rest = SHORT_REST if self._in_a_row >= _BROKEN_AFTER else None
        if rest:
            self._in_a_row = 0
            self._rest(rest)
        billed = (used or Usage()).pair
        return MakerError(f"{self.name}: {reason}", rest=rest, billed=billed, again=again and not rest)

    def _rest(self, much: timedelta) -> None:
        log.warning("model_rests model=%s seconds=%.0f", self._endpoint.model, much.total_seconds())
        self._rest_until = asyncio.get_running_loop().time() + much.total_seconds()


def _sum(used: list[Usage]) -> Usage:
    return Usage(sum(one.tokens for one in used), sum(one.cost for one in used))
