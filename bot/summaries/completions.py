"""What an HTTP answer of a chat completion says: content and tokens, or what went wrong. Pure.

A status of 200 proves nothing: gateways put errors into it, some stream although nobody asked, and a model that
has thought for too long says nothing at all. What a failure means is the business of `behaviours`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2 as httpx

_BELIEVABLE = 1_000_000  # tokens of one call
_LONGEST_REST = 86_400.0  # seconds
_READ = 10_000  # characters of what is said
_AGAIN_IN = re.compile(
    r"(?:retry|try again) in (?:([0-9]{1,3})m)?([0-9]{1,5}(?:\.[0-9]{1,20})?) ?s", re.IGNORECASE
)
"""As Gemini, OpenAI and Groq say it: retry in 34.07s, try again in 7m12s."""
_STATUSES = {"rate_limit": 429, "too_many": 429, "overloaded": 503, "unavailable": 503, "authentication": 401}
_STATUSES |= {"invalid_api_key": 401, "permission": 403, "invalid_request": 400, "timeout": 504}


class NotACompletionError(ValueError):
    """An answer in no form that anybody has documented."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """What went wrong: the status that it names, and a short line of what is said."""

    status: int
    what: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model said, why it stopped, and the tokens of question and answer where they are told."""

    content: str
    stopped: str
    counted: tuple[int, int] | None
    refusal: Refusal | None = None  # in a 200
    is_declined: bool = False  # by the model or a filter


def read(response: httpx.Response) -> Completion:
    """Read a 200; NotACompletionError for what is no JSON object and no stream of such."""
    data = _streamed(response.text) if _is_stream(response) else _object(response)
    counted = _counted(data)
    if (error := data.get("error")) and not data.get("choices"):
        return Completion("", "", counted, _named(error))
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    if error := choice.get("error"):
        return Completion("", "", counted, _named(error))
    found = choice.get("message")
    message = found if isinstance(found, dict) else {}
    stopped = str(choice.get("finish_reason") or "")
    is_declined = stopped == "content_filter" or bool(message.get("refusal"))
    return Completion(_text(message.get("content")), stopped, counted, is_declined=is_declined)


def refusal(response: httpx.Response) -> Refusal:
    """What an answer with another status says."""
    try:
        said = _said(response.json())
    except (ValueError, RecursionError):
        said = response.text
    return Refusal(response.status_code, _short(said))


def retry_after(response: httpx.Response) -> float | None:
    """Seconds: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after, a finer header, or what is said."""
    if re.fullmatch(r"[0-9]{1,9}", fine := response.headers.get("retry-after-ms", "")):
        return int(fine) / 1000
    given = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", given):
        return min(float(given), _LONGEST_REST)
    try:
        until = parsedate_to_datetime(given)
        return min(max(0.0, (until - datetime.now(UTC)).total_seconds()), _LONGEST_REST)
    except (ValueError, TypeError):  # no date, or one without a zone
        said = _AGAIN_IN.search(response.text[:_READ]) if response.status_code == 429 else None
        return 60 * float(said[1] or 0) + float(said[2]) if said else None


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        data = response.json()
    except (ValueError, RecursionError) as error:
        raise NotACompletionError("the answer is no JSON") from error
    if not isinstance(data, dict):
        raise NotACompletionError("the answer is no JSON object")
    return data


def _is_stream(response: httpx.Response) -> bool:
    return "event-stream" in response.headers.get("content-type", "") or response.content.startswith(b"data:")


def _streamed(text: str) -> dict[str, Any]:
    """Server-sent events as the one answer that they add up to."""
    said: list[str] = []
    whole: dict[str, Any] = {}
    message: dict[str, Any] = {}
    stopped = ""
    for line in text.splitlines():
        if not line.startswith("data:") or line[5:].strip() in ("", "[DONE]"):
            continue
        try:
            event = json.loads(line[5:])
        except (ValueError, RecursionError) as error:
            raise NotACompletionError("the stream is no JSON") from error
        if not isinstance(event, dict):
            continue
        if event.get("error"):
            return event
        whole |= {"usage": event["usage"]} if event.get("usage") else {}
        choices = event.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if not isinstance(choice, dict):
                continue
            delta = choice.get("delta") or choice.get("message") or {}
            said.append(_text(delta.get("content")))
            message |= {"refusal": delta["refusal"]} if delta.get("refusal") else {}
            stopped = choice.get("finish_reason") or stopped
    return whole | {"choices": [{"message": message | {"content": "".join(said)}, "finish_reason": stopped}]}


def _text(content: Any) -> str:
    """The content of a message; some give it in parts, with the thoughts in parts of another type."""
    if isinstance(content, list):
        parts = (one for one in content if isinstance(one, dict) and one.get("type") == "text")
        return "".join(str(one.get("text", "")) for one in parts)
    return content if isinstance(content, str) else ""


def _named(error: Any) -> Refusal:
    """An error inside of a 200, with the status that it names; a bad minute when it names none.

    https://openrouter.ai/docs/api-reference/errors
    """
    said = _short(_said({"error": error}))
    code = error.get("code", error.get("status")) if isinstance(error, dict) else None
    if re.fullmatch("[45][0-9][0-9]", str(code)):
        return Refusal(int(str(code)), said)
    lower = said.lower()
    return Refusal(next((status for word, status in _STATUSES.items() if word in lower), 502), said)


def _said(found: Any) -> str:
    """What a server says, in the forms of OpenAI, of FastAPI and of others; never what we sent."""
    if not isinstance(found, dict):
        return str(found[0] if isinstance(found, list) and found else found)
    error = found.get("error") or found.get("detail") or found
    if isinstance(error, list):  # https://fastapi.tiangolo.com/tutorial/handling-errors/
        parts = (one for one in error if isinstance(one, dict))
        return "; ".join(f"{'.'.join(map(str, one.get('loc') or ()))}: {one.get('msg', '')}" for one in parts)
    if isinstance(error, dict):
        inner = error.get("innererror")
        codes = (error.get("code"), error.get("type"), inner.get("code") if isinstance(inner, dict) else None)
        return " ".join(str(one) for one in (error.get("message", ""), *codes) if one)
    return str(error)


def _short(text: str) -> str:
    return " ".join(text.split())[:200]


def _counted(data: Mapping[str, Any]) -> tuple[int, int] | None:
    """The tokens of question and answer, None when they are not said, or are nothing that one could believe."""
    used = data.get("usage")
    if not isinstance(used, dict):
        return None
    asked, given = used.get("prompt_tokens"), used.get("completion_tokens")
    if not isinstance(asked, int) or not isinstance(given, int):
        return None
    return (asked, given) if min(asked, given) >= 0 and max(asked, given) < _BELIEVABLE else None
