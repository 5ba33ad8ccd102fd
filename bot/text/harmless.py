"""Untrusted text that may be shown: no terminal escapes, no control characters, no direction tricks. Pure."""

from __future__ import annotations

import re

_ESCAPE_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])?")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_BIDI = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def harmless(text: str) -> str:
    """Text without terminal escapes, control characters and direction tricks; line breaks stay."""
    shown = _BIDI.sub("", _CONTROL.sub(" ", _ESCAPE_SEQUENCE.sub("", text)))
    return _SURROGATE.sub("\ufffd", shown)


def one_line(text: str) -> str:
    """Harmless text on one line, single-spaced."""
    return " ".join(harmless(text).split())
