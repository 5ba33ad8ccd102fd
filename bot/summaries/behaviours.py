"""What models and servers demand that speak OpenAI's chat completions: all that is known about them, in one place.

A request begins in the manner that the model's name suggests (`MODELS`); each refusal that names a parameter
teaches a provider's next manner (`learn`), which `llm` keeps once it was accepted.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.summaries.prompt import AnswerForm

ROOM = 1_500
"""Tokens of an answer without thoughts: the longest Chinese abstract took 441."""

THINKING_ROOM = 8_000
"""Tokens of an answer with thoughts; 4,000 have been seen."""

MOST_ROOM = 16_000
LADDER = (AnswerForm.SCHEMA, AnswerForm.OBJECT, AnswerForm.TAGGED)

_OLD_CAP, _NEW_CAP = "max_tokens", "max_completion_tokens"


@dataclass(slots=True)
class Manner:
    """How a provider is asked."""

    form: AnswerForm = AnswerForm.SCHEMA
    cap: str = _OLD_CAP
    room: int = ROOM
    thinking: Mapping[str, Any] = field(default_factory=dict)  # how to have little of it
    temperature: bool = True
    stream: bool = False
    stream_options: bool = True  # to have tokens counted in a stream


@dataclass(frozen=True, slots=True)
class _Model:
    pattern: str
    thinking: Mapping[str, Any] = field(default_factory=dict)
    room: int = ROOM
    cap: str = _OLD_CAP
    temperature: bool = True


_OFF = {"thinking": {"type": "disabled"}}
_NO_THINKING = {"enable_thinking": False}
_LOW = {"reasoning_effort": "low"}

MODELS: tuple[_Model, ...] = (
    # https://platform.openai.com/docs/guides/reasoning
    _Model(r"^gpt-5(?!\.)(?!.*chat)", {"reasoning_effort": "minimal"}, THINKING_ROOM, _NEW_CAP, temperature=False),
    _Model(r"^(gpt-5|o[1-9])", _LOW, THINKING_ROOM, _NEW_CAP, temperature=False),
    _Model(r"^gpt-oss", _LOW, THINKING_ROOM),
    # https://ai.google.dev/gemini-api/docs/openai#thinking
    _Model(r"^gemini-(2\.5|[3-9])", _LOW, THINKING_ROOM),
    # https://api-docs.deepseek.com/guides/thinking_mode
    _Model(r"deepseek-(reasoner|r[1-9])", {}, THINKING_ROOM),
    _Model(r"qwq|thinking|reasoning|magistral|minimax-m", {}, THINKING_ROOM),
    _Model(r"deepseek-v[4-9]|kimi|glm-[4-9]", _OFF),
    # https://www.volcengine.com/docs/82379/1449737
    _Model(r"doubao", _OFF, THINKING_ROOM),
    # https://help.aliyun.com/zh/model-studio/deep-thinking
    _Model(r"^qwen.*-(plus|flash|turbo|max)", _NO_THINKING),
    _Model(r"qwen|hunyuan|smollm3|granite", {"chat_template_kwargs": {"enable_thinking": False}}),
)
"""By the model's name behind its last slash, in lower case; the first that fits counts."""


def manner_of(model: str) -> Manner:
    """The manner in which to begin."""
    name = model.lower().rpartition("/")[2]
    for one in MODELS:
        if re.search(one.pattern, name):
            return Manner(cap=one.cap, room=one.room, thinking=one.thinking, temperature=one.temperature)
    return Manner()


class Meaning(enum.Enum):
    """What a refusal is about."""

    FORM = "form"  # the request: another manner may be accepted
    ACCOUNT = "account"  # the key or the money: nothing is to be had until somebody does something
    CONTENT = "content"  # this paper, for good
    BUSY = "busy"  # this minute


_CONTENT = re.compile(
    r"content_?filter|content exists risk|data_?inspection_?failed|inappropriate content|responsibleaipolicy"
    r"|content management policy|requires moderation|was flagged|sensitive_?words?|敏感|不安全|违规",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(
    r"insufficient[_ ](?:user_)?(?:quota|balance)|api[_ ]?key.{0,20}(?:not valid|invalid|expired)"
    r"|incorrect api key|invalid[_ ]api[_ ]?key|api_key_invalid|invalid (?:token|authentication)"
    r"|model[^.]{0,60}(?:not exist|not found)|(?:invalid|unknown|no such) model"  # DeepSeek says 400
    r"|arrearage|account.{0,20}deactivated"
    r"|billing|余额不足|欠费",
    re.IGNORECASE,
)
_NAMES_FORM = re.compile(
    r"response_?format|json_?schema|json_?object|json mode|structured output|grammar|guided|requested parameters"
    r"|stream|max_(?:completion_)?tokens",
    re.IGNORECASE,
)
_BUSY = re.compile(
    r"rate.?limit|too many requests|overloaded|(?:temporarily|currently) unavailable|try again|timed? ?out"
    r"|server.{0,10}busy|capacity|upstream|繁忙|稍后|限流",
    re.IGNORECASE,
)
_REFUSALS_OF_FORM = (400, 413, 415, 422, 501)


def meaning(status: int, what: str) -> Meaning:
    """What a refusal means, by its HTTP status and what is said; servers name the same thing in many ways.

    A word about the content outranks the status: Azure and Qwen say 400, OpenRouter 403. So does one about the
    account: Gemini and xAI say 400 for a wrong key.
    """
    if _CONTENT.search(what):
        return Meaning.CONTENT
    if _ACCOUNT.search(what) or (status in (401, 402, 403)):
        return Meaning.ACCOUNT
    if _NAMES_FORM.search(what) and status not in (408, 409, 429):
        return Meaning.FORM
    if status == 404:
        return Meaning.ACCOUNT
    if status in _REFUSALS_OF_FORM:
        return Meaning.BUSY if _BUSY.search(what) else Meaning.FORM
    return Meaning.BUSY


def is_of_this_minute(status: int, what: str, pause: float | None) -> bool:
    """Whether a quota that is used up fills again: Gemini says "billing" also for that of a minute."""
    return status == 429 and pause is not None and not re.search("insufficient|arrearage", what, re.IGNORECASE)


def sounds_busy(content: str) -> bool:
    """Whether what should be an answer is a short notice that there is none now."""
    return len(content) < _NOTICE and not re.search(r"[{<]", content) and _BUSY.search(content) is not None


_NOTICE = 200
_THINKING = re.compile(r"reasoning|thinking|chat_template")
_THINKS_IN_STREAMS = re.compile(r"enable_thinking.{0,30}false")
"""Qwen's open models: https://help.aliyun.com/zh/model-studio/deep-thinking"""
_ASKS_FOR_STREAM = re.compile(
    r"(?:only|must|require|support|please|set|enable).{0,40}\bstream|stream\S*.{0,30}(?:only|must|required|true)",
    re.IGNORECASE | re.DOTALL,
)
_MOST = re.compile(
    r"(?:at most|less than|exceed\w*|maximum\w*|up to|<=?|\[1, ?)\D{0,40}?([0-9]{3,6})", re.IGNORECASE
)
_UNKNOWN = re.compile(r"unsupported|unknown|unrecognized|not (?:supported|permitted|allowed)|extra", re.IGNORECASE)


def learn(manner: Manner, what: str) -> bool:
    """Change a manner by what a refusal says; False when there is nothing left to change."""
    lower = what.lower()
    if manner.stream and manner.stream_options and "stream_options" in lower:
        manner.stream_options = False
        return True
    if _THINKS_IN_STREAMS.search(lower) and manner.thinking != _NO_THINKING:
        manner.thinking = _NO_THINKING
        return True
    if not manner.stream and _ASKS_FOR_STREAM.search(lower):
        manner.stream = True
        return True
    if manner.cap in lower or _NEW_CAP in lower:
        most = _MOST.search(lower)
        if most and int(most[1]) < manner.room:
            manner.room = int(most[1])
            return True
        if _is_wrong_cap(manner.cap, lower):
            manner.cap = _NEW_CAP if manner.cap == _OLD_CAP else _OLD_CAP
            return True
    if manner.temperature and "temperature" in lower:
        manner.temperature = False
        return True
    if manner.thinking and (_THINKING.search(lower) or any(name in lower for name in manner.thinking)):
        manner.thinking = {}
        return True
    names_form = re.search(r"response_?format|json|schema|grammar|guided", lower)
    if (manner.thinking or manner.temperature) and _UNKNOWN.search(lower) and not names_form:
        manner.thinking, manner.temperature = {}, False
        return True
    if manner.form is not LADDER[-1]:
        manner.form = LADDER[LADDER.index(manner.form) + 1]
        return True
    if manner.thinking or manner.temperature:
        manner.thinking, manner.temperature = {}, False
        return True
    return False


def _is_wrong_cap(cap: str, what: str) -> bool:
    """Whether a refusal asks for the other name of the cap, or does not know this one."""
    other = _NEW_CAP if cap == _OLD_CAP else _OLD_CAP
    mine = re.search(rf"(?<![a-z_]){cap}(?![a-z_])", what)
    return bool(re.search(rf"use '?`?\"?{other}", what) or (mine and _UNKNOWN.search(what)) or not mine)
