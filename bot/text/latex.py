"""arXiv's metadata as readable Unicode: TeX's accents, macros, quotes, dashes and math.

Abstracts are not TeX documents: a `%` is a per cent sign, a lone `$` is money, and what is not understood
stays as it was typed. Chinese typography is not this module's job, and neither is folding for a search.
"""

from __future__ import annotations

import re

from bot.text.macros import COMMANDS, INFIXES, raised
from bot.text.masking import looks_like_math
from bot.text.notation import ENVIRONMENTS
from bot.text.tex_parser import Meaning, TexParser, TexSource

_UNSEEN = re.compile(
    r"\s?~?\\(?:[Cc]ite[a-z]*|nocite)\*?\s?(?:\[[^\[\]]*\])*\{[^{}]*\}"
    r"|\\(?:label|vspace|hspace|tag|phantom|hphantom|vphantom)\*?\{[^{}]*\}"
    rf"|\\(?:begin|end)\*?\{{(?!(?:{'|'.join(ENVIRONMENTS)})\*?\}})[^{{}}]*\}}"
)
_PROTECTED = re.compile(r"(?:(?<!\S)|(?<=[-(\"]))\{([A-Z]+)\}(?=[a-z])")
"""Capitals that BibTeX is to keep: {D}iffusion."""
_SPACE = re.compile(r"\s{2,}|[^\S ]")
_DOLLAR = re.compile(r"\\.|[{$]", re.DOTALL)


def readable(raw: str) -> str:
    """Turn raw metadata into readable text: a newline between paragraphs, else single spaces.

    To be applied once, to raw text. Never raises. Text without TeX keeps all but its white space.
    """
    text = _PROTECTED.sub(r"\1", raw) if "{" in raw else raw
    if "\\" in text or "$" in text or "~" in text or "``" in text or "--" in text or "{,}" in text:
        seen = _UNSEEN.sub("", text)
        text = TexParser(TexSource(seen, COMMANDS, _MARKS, INFIXES), 0, len(seen)).all()
    single = " ".join(text.split())
    return single if single == text else _SPACE.sub(_white, text.strip())


def _white(run: re.Match[str]) -> str:
    """A paragraph ends where a line is empty, or where the next one is indented."""
    is_paragraph = run[0].count("\n") > 1 or ("\n" in run[0] and not run[0].endswith("\n"))
    return "\n" if is_paragraph else " "


# Marks: characters with a meaning of their own, without a backslash


def _link(reading: TexParser, text: str) -> None:
    reading.put(re.sub(r"\\([_%&#~])", r"\1", text))


def _quote(reading: TexParser, mark: str) -> None:
    """Two primes without opening quotes before them are minutes or derivatives."""
    closes = mark == "''" and -1 < reading.source.first_quote < reading.at
    reading.put("“" if mark == "``" else "”" if closes else mark)


def _dash(reading: TexParser, mark: str) -> None:
    reading.put("–" if len(mark) == 2 else "—")


def _tie(reading: TexParser, mark: str) -> None:
    """A tie is a space; but "~70%", "1.5~1.8" and "/~user" are no ties."""
    before, after = reading.raw[: reading.at - 1][-1:], reading.next()
    is_about = not before or before.isspace() or before in "([<>=" or before.isdigit()
    is_typed = before == "/" or (is_about and (after.isdigit() or after in {"$", "."}))
    reading.put(mark if is_typed and not reading.math else " ")


def _brace(reading: TexParser, mark: str) -> None:
    """Braces go when they do something for TeX: in math, around commands, and in 1{,}000."""
    start = reading.at - 1
    close = reading.closing(start)
    if close is None:
        reading.put(mark)
        return
    typed = reading.raw[start + 1 : close]
    inside = reading.inside(reading.at, close, math=reading.math)
    reading.at = close + 1
    is_digit_group = typed == "," and reading.last().isdigit() and reading.next().isdigit()
    is_tex = reading.math or is_digit_group or "\\" in typed or "$" in typed
    reading.put(inside if is_tex else f"{{{inside}}}")


def _dollar(reading: TexParser, mark: str) -> None:
    start, close = reading.at, _closing_dollar(reading, mark)
    after = "" if close is None else reading.raw[close + len(mark) : close + len(mark) + 1]
    if close is None or not looks_like_math(reading.raw[start:close], after):
        reading.put(mark)
        return
    reading.skip()
    reading.put(reading.inside(reading.at, close, math=True))
    reading.at = close + len(mark)


def _closing_dollar(reading: TexParser, mark: str) -> int | None:
    """Where the same mark stands again, outside of braces."""
    at = reading.at
    while stop := _DOLLAR.search(reading.raw, at, reading.end):
        if stop[0] == "$":
            return stop.start() if reading.raw.startswith(mark, stop.start(), reading.end) else None
        close = reading.closing(stop.start()) if stop[0] == "{" else None
        at = stop.end() if close is None else close + 1
    return None


def _script(reading: TexParser, mark: str) -> None:
    content = reading.argument()
    reading.put(mark if content is None else raised(mark, content.strip(), is_glued=reading.next().isalnum()))


def _prime(reading: TexParser, mark: str) -> None:
    reading.put({1: "′", 2: "″", 3: "‴"}.get(len(mark), "′" * len(mark)))


_MARKS: dict[str, Meaning] = {
    "link": _link,
    "quote": _quote,
    "dash": _dash,
    "tie": _tie,
    "brace": _brace,
    "dollar": _dollar,
    "script": _script,
    "prime": _prime,
}
