"""Untrusted text that no markup acts upon, where a reader's program decides what it is: no escape is known to all.

Characters that cannot be seen stand beside whatever would format, call or link: in Markdown of any dialect, in
HTML that is escaped as well, in plain text with mentions and automatic links. Pure.
"""

from __future__ import annotations

import re

_NOTHING = "\u200b"  # zero wide
_GRAVE = "\u02cb"  # looks like a backtick, which nothing else keeps from making code
_SPACE = "\u200a"  # the narrowest; an asterisk with space on both sides opens and closes nothing
_CODE = (
    r"\b(?:astro-ph|cond-mat|cs|econ|eess|math|nlin|physics|q-bio|q-fin|stat)\.[A-Za-z-]{2,}"  # to be typed again
)
_SINGLE = re.compile(
    rf"(?P<code>{_CODE})|[@<&\\|\[\]$!]|:(?=//|\w+:)|(?<=\w)\.(?=[A-Za-z]{{2}})|\b[wW](?=[wW]{{2}}\.)"
)
_PAIRED = re.compile(r"[*~]|(?<!\w)_+|_+(?!\w)")
_FIRST = re.compile(r"^(?=[#>+=-])|^(?P<number>[0-9]+)(?=[.)]\s)", re.MULTILINE)
"""What makes a heading, a quotation or a list of a line."""


def inert(text: str) -> str:
    """The same to the eye, but without mentions, formatting or links."""
    text = _SINGLE.sub(lambda found: found["code"] or found[0] + _NOTHING, text.replace("`", _GRAVE))
    text = _FIRST.sub(lambda found: (found["number"] or "") + _NOTHING, text)
    return _PAIRED.sub(lambda found: _SPACE + _SPACE.join(found[0]) + _SPACE, text)


def seen(text: str) -> str:
    """A text as it is seen: without what :func:`inert` has put into it or in place of something."""
    return text.replace(_NOTHING, "").replace(_SPACE, "").replace(_GRAVE, "`")
