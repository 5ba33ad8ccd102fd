r"""Commands that only lay out: boxes, lengths, colours, pictures; and `\verb`, in which nothing is TeX."""

from __future__ import annotations

import re

from bot.text.tex_parser import Meaning, TexParser
from bot.text.units import skip_options

_STAR = re.compile(r"\*")
_LENGTH = r"\s*=?\s*[-+]?(?:\d*\.)?\d*\s*(?:pt|em|ex|mu|mm|cm|in|bp|sp|pc|dd|cc)(?![A-Za-z])\s*"
SPACE_OF = re.compile(rf"{_LENGTH}(?:(?:plus|minus){_LENGTH})*")
_TO_LENGTH = re.compile(rf"\s*(?:to|spread){_LENGTH}(?=\{{)")
_VERBATIM = re.compile(r"(?P<mark>[|+!/@#\"=])(?P<text>[^\n]{0,200}?)(?P=mark)")


def _laid_out(groups: int, *, shows: bool = True, math: bool | None = None) -> Meaning:
    """A command whose last group is shown, and whose other arguments only format it."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        reading.skip(_STAR)
        for _ in range(groups):
            skip_options(reading)
            if reading.verbatim() is None:
                reading.put_typed(start)
                return
        skip_options(reading)
        text = reading.argument(math=math) if shows else ""
        if text is None:
            reading.put_typed(start)
        else:
            reading.put(text)

    return meaning


def _length(reading: TexParser, name: str) -> None:
    """A space, or a shift, of a length."""
    if not reading.skip(SPACE_OF):
        reading.put("\\" + name)
    elif name.endswith("skip"):
        reading.put(" ")


def _horizontal_box(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    reading.skip(_TO_LENGTH)
    text = reading.argument(math=False)
    if text is None:
        reading.put_typed(start)
    else:
        reading.put(text)


def _verbatim(reading: TexParser, name: str) -> None:
    r"""`\verb|x|`, `\lstinline{x}`, `\mintinline{python}{x}`: what is in them is no TeX."""
    start = reading.at - len(name) - 1
    skip_options(reading)
    if name == "mintinline":
        reading.verbatim()
    if (text := reading.verbatim()) is not None:
        reading.put(text)
    elif name != "mintinline" and (found := reading.skip(_VERBATIM)):
        reading.put(found["text"])
    else:
        reading.put_typed(start)


def _colour(reading: TexParser, name: str) -> None:
    """A switch of colour: as `\\bf`, but with the name of the colour."""
    start = reading.at - len(name) - 1
    skip_options(reading)
    if reading.verbatim() is None:
        reading.put_typed(start)
    elif not reading.last() or reading.last().isspace():
        reading.skip()


COMMANDS: dict[str, Meaning] = {
    **dict.fromkeys(("kern", "mkern", "hskip", "mskip", "vskip", "raise", "lower"), _length),
    **dict.fromkeys(("verb", "lstinline", "mintinline"), _verbatim),
    "hbox": _horizontal_box,
    "textcolor": _laid_out(1),
    **dict.fromkeys(
        ("colorbox", "raisebox", "scalebox", "rotatebox", "parbox", "adjustbox"), _laid_out(1, math=False)
    ),
    **dict.fromkeys(("resizebox", "fcolorbox"), _laid_out(2, math=False)),
    "textls": _laid_out(0, math=False),
    "faIcon": _laid_out(1, shows=False),
    "makebox": _laid_out(0),
    "includegraphics": _laid_out(1, shows=False),
    "rule": _laid_out(2, shows=False),
    "color": _colour,
}
