"""What TeX's commands mean in readable text; `symbols` has their characters, `reading` reads their arguments."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import partial
from string import ascii_letters

from bot.text import boxes, notation, symbols, units
from bot.text.tex_parser import Infix, Meaning, TexParser

_EMPTY_GROUP = re.compile(r"\{\}")
_OPTION = re.compile(r"\s*\[([^\[\]]*)\]")
_STAR = re.compile(r"\*")
_STAR_BEFORE_GROUP = re.compile(r"\*(?=\{)")
_INVISIBLE_FENCE = re.compile(r"\s*\.")
_OPERAND = re.compile(r"[A-Za-z0-9]|\\(?!left|[bB]ig)[A-Za-z]")
_FACTOR = re.compile(r"[A-Za-z0-9({^_]|\\(?!right)[A-Za-z]")
_ATOM = re.compile(r"-?[^\s+\-/=<>±×·,∓∼≈≤≥()]+|\([^()]*\)")
_RADICAND = re.compile(r"\d+(?:\.\d+)?|\w[⁰¹²³⁴⁵⁶⁷⁸⁹₀-₉ₐ-ₜ]*")
_WORD = re.compile(r"[A-Za-z]{4}")
_RAISED = re.compile(f"[{''.join({*symbols.SUPERSCRIPTS.values(), *symbols.SUBSCRIPTS.values()} - set('()*-+'))}]")
_LONGEST_ACCENTED = 3  # letters: `\t{oo}` has two
_TEXT_SIGNS = {"P": "¶", "S": "§"}
_CHARGE = re.compile(r"\^(?:\{([^{}]*)\}|([0-9]*[+-]|[0-9]+))|_\{([^{}]*)\}")
_REACTIONS = {"<=>": "⇌", "<->": "↔", "->": "→", "<-": "←"}
_REACTION = re.compile("|".join(_REACTIONS))
_IN_FULL = {"wh": "widehat", "wt": "widetilde", "ol": "overline"}
_ROOTS = {"2": "√", "3": "∛", "4": "∜"}


def raised(mark: str, content: str, *, is_glued: bool) -> str:
    """A superscript (`^`) or subscript (`_`), in Unicode if all of it is there and it is no whole word."""
    bare = content.replace(" ", "")
    table = symbols.SUPERSCRIPTS if mark == "^" else symbols.SUBSCRIPTS
    if all(char in table for char in bare) and not _WORD.search(bare):
        return "".join(table[char] for char in bare)
    if mark == "^" and bare.startswith("∘"):
        return "°" + bare[1:]
    is_word = len(bare) == 1 or (content.isalnum() and not _RAISED.search(content))
    return f"{mark}{content}" if is_word and not is_glued else f"{mark}({content})"


def _escape(reading: TexParser, name: str) -> None:
    reading.put(name)


def _space(reading: TexParser, name: str) -> None:
    reading.put(symbols.SPACES[name])


def _letter(reading: TexParser, name: str) -> None:
    if reading.math and len(name) == 1:
        _own(reading, name)
        return
    reading.put(symbols.LETTERS[name])
    if not reading.skip(_EMPTY_GROUP):
        reading.skip()


def _symbol(reading: TexParser, name: str) -> None:
    """Put a symbol; in math, TeX needs a space behind `\\to` in `X\\to Y` that nobody wants to see."""
    char = symbols.SYMBOLS[name]
    spaced = reading.last().isspace()
    reading.put(char)
    if reading.skip(_EMPTY_GROUP) or not reading.math or spaced or not reading.next().isspace():
        return
    before = reading.at
    reading.skip()
    if not reading.next().isalpha() and not unicodedata.category(char[0]).startswith("S"):
        reading.at = before


def _operator(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    reading.skip(_STAR)
    word = reading.argument()
    if word is None:
        reading.put_typed(start)
    else:
        _name(reading, word)


def _name(reading: TexParser, word: str) -> None:
    """Put an operator that is a word, with the space that keeps it apart from other words."""
    before = " " if reading.last().isalnum() or reading.last() == ")" else ""
    after = " " if _OPERAND.match(reading.raw, reading.at, reading.end) else ""
    reading.put(before + word + after)


def _switch(reading: TexParser, name: str) -> None:
    if name in {"left", "right"}:
        reading.skip(_INVISIBLE_FENCE)
    if not reading.skip(_EMPTY_GROUP) and (not reading.last() or reading.last().isspace()):
        reading.skip()


def _own(reading: TexParser, name: str) -> None:
    """Put what an author's own macro for a letter stands for: a set of numbers, or that letter in some type."""
    if reading.math:
        reading.put(symbols.BLACKBOARD.get(name) or symbols.TYPED.get(name, name))
        reading.skip(_EMPTY_GROUP)
    elif name in _TEXT_SIGNS:
        reading.put(_TEXT_SIGNS[name])
    else:
        reading.unknown(name)


def _accent(reading: TexParser, name: str) -> None:
    r"""Put an accented letter; `\"` before a space and `don\'t` are typing preferences, not accents."""
    if reading.math and name.isalpha() and (name != "t" or reading.next() != "{"):
        _own(reading, name)
        return
    start = reading.at - len(name) - 1
    is_followed = name.isalpha() or reading.next().isalpha() or reading.next() in {"{", "\\"}
    text = reading.argument() if is_followed else None
    if text == "" and not name.isalpha():
        reading.put(name)  # \~{} is a tilde
    elif not text or not text[0].isalpha() or len(text) > _LONGEST_ACCENTED:
        reading.put_typed(start)
    else:
        base = {"ı": "i", "ȷ": "j"}.get(text[0], text[0])
        accented = unicodedata.normalize("NFC", base + symbols.ACCENTS[name])
        if len(accented) > 1 and name in "'`\"":
            reading.put_typed(start)
        else:
            reading.put(accented + text[1:])


def _fraction(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    above = reading.argument()
    below = None if above is None else reading.argument()
    if above is None or below is None:
        reading.put_typed(start)
        return
    whole = _fraction_of(above, below)
    is_glued = reading.last().isalnum() or _FACTOR.match(reading.raw, reading.at, reading.end)
    reading.put(f"({whole})" if is_glued else whole)


def _bracketed(text: str) -> str:
    text = text.strip()
    return text if _ATOM.fullmatch(text) else f"({text})"


def _root(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    option = reading.skip(_OPTION)
    text = reading.argument()
    if text is None:
        reading.put_typed(start)
        return
    degree = option[1].strip() if option else "2"
    sign = _ROOTS.get(degree) or raised("^", degree, is_glued=False) + "√"
    is_simple = _RADICAND.fullmatch(text) and not reading.next().isalnum()
    reading.put(sign + (text if is_simple else f"({text})"))


def _text_script(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    text = reading.argument()
    if text is None:
        reading.put_typed(start)
    else:
        mark = "^" if name == "textsuperscript" else "_"
        reading.put(raised(mark, text.strip(), is_glued=reading.next().isalnum()))


def _hyperlink(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    link = reading.verbatim()
    text = None if link is None else reading.argument(math=False)
    if link is None:
        reading.put_typed(start)
    elif not text or text == link or ("." in text and text in link):
        reading.put(link)
    else:
        reading.put(f"{text} ({link})")


def _address(reading: TexParser, name: str) -> None:
    link = reading.verbatim()
    reading.put("\\" + name if link is None else link)


def _styled(reading: TexParser, name: str) -> None:
    r"""`\vb{x}` of the package physics; `\vb` alone is an author's own letter."""
    reading.skip(_STAR_BEFORE_GROUP)
    text = reading.argument() if reading.next() == "{" else None
    if text is None:
        _own(reading, name)
    else:
        reading.put(text)


def _abbreviation(reading: TexParser, name: str) -> None:
    if reading.math:
        _own(reading, name)
        return
    said = symbols.ABBREVIATIONS[name]
    reading.skip(_EMPTY_GROUP)
    reading.put(said.removesuffix(".") if reading.next() == "." else said)


def _chemistry(text: str) -> str:
    """A formula of the package mhchem, as it is typed, with its charges and isotopes."""
    shown = _CHARGE.sub(
        lambda found: raised("_" if found[3] else "^", found[1] or found[2] or found[3], is_glued=False), text
    )
    return _REACTION.sub(lambda found: _REACTIONS[found[0]], shown)


def _arrow(reading: TexParser, name: str) -> None:
    """An arrow with what stands above it, and below."""
    start = reading.at - len(name) - 1
    option = reading.skip(_OPTION)
    above = reading.argument() if reading.next() == "{" else None
    if above is None:
        reading.put_typed(start)
        return
    below = raised("_", option[1].strip(), is_glued=False) if option and option[1].strip() else ""
    glued = reading.next().isalnum() and not below
    reading.put(_ARROWS[name] + (raised("^", above.strip(), is_glued=glued) if above.strip() else "") + below)


def _general_fraction(reading: TexParser, name: str) -> None:
    r"""`\genfrac{(}{)}{0pt}{}{n}{k}`: fences, the thickness of the line, a style, two parts."""
    start = reading.at - len(name) - 1
    parts: list[str] = []
    while len(parts) < 6 and (part := reading.argument()) is not None:
        parts.append(part.strip())
    if len(parts) < 6:
        reading.put_typed(start)
        return
    left, right, thickness, _, above, below = parts
    has_line = not thickness.startswith("0")
    if (left, right) == ("(", ")") and not has_line:
        reading.put(f"binom({above}, {below})")
    else:
        reading.put(left + (_fraction_of(above, below) if has_line else f"{above}, {below}") + right)


def _either_string(reading: TexParser, name: str) -> None:
    """Of `\\texorpdfstring{TeX}{plain}`, the first."""
    start = reading.at - len(name) - 1
    text = reading.argument()
    if text is None or (reading.next() == "{" and reading.verbatim() is None):
        reading.put_typed(start)
    else:
        reading.put(text)


def _bracket_math(reading: TexParser, name: str) -> None:
    close = reading.closing(reading.at - 2)
    if close is None:
        reading.put("\\" + name)
        return
    reading.put(reading.inside(reading.at, close, math=True).strip())
    reading.at = close + 2


def _shaped(shape: Callable[..., str], *, arguments: int = 1, math: bool | None = None) -> Meaning:
    """A command whose meaning depends on its arguments alone."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        texts: list[str] = []
        for _ in range(arguments):
            text = reading.argument(math=math)
            if text is None:
                reading.put_typed(start)
                return
            texts.append(text)
        reading.put(shape(*texts))

    return meaning


def _accented(name: str, mark: str, text: str) -> str:
    """A math accent on one letter; on more, its name, in full where authors shorten it."""
    if sum(not unicodedata.combining(char) for char in text) == 1:
        return unicodedata.normalize("NFC", text + mark)
    return f"{_IN_FULL.get(name, name)}({text})"


def _negated(text: str) -> str:
    return unicodedata.normalize("NFC", text[:1] + "\u0338") + text[1:]


def _struck(text: str) -> str:
    return "".join(char + "\u0338" if char.isalpha() else char for char in text)


def _doubled(text: str) -> str:
    return "".join(symbols.DOUBLE.get(char, char) for char in text)


def _over(script: str, base: str) -> str:
    return base + raised("^", script, is_glued=False)


def _before(above: str, below: str, base: str) -> str:
    scripts = (raised(mark, text, is_glued=False) for mark, text in (("^", above), ("_", below)) if text)
    return "".join(scripts) + base


def _under(script: str, base: str) -> str:
    return base + raised("_", script, is_glued=False)


def _fraction_of(above: str, below: str) -> str:
    return f"{_bracketed(above)}/{_bracketed(below)}"


_ARROWS = symbols.table(
    "xrightarrow → xleftarrow ← xleftrightarrow ↔ xRightarrow ⇒ xLeftarrow ⇐ xLeftrightarrow ⇔ xmapsto ↦ "
    "xhookrightarrow ↪ xhookleftarrow ↩ xrightharpoonup ⇀ xrightleftharpoons ⇌ xlongequal = xtwoheadrightarrow ↠"
)

INFIXES: dict[str, Infix] = {
    "over": _fraction_of,
    "choose": "binom({}, {})".format,
    "atop": "{}, {}".format,
    "brack": "[{}, {}]".format,
    "brace": "{{{}, {}}}".format,
    "above": lambda above, below: _fraction_of(above, boxes.SPACE_OF.sub("", below, count=1)),
}
"""Commands of plain TeX that stand between what they apply to."""


def _item(reading: TexParser, name: str) -> None:
    """A bullet, or the label that stands in its place."""
    option = reading.skip(_OPTION)
    reading.put(option[1] if option else "•")


COMMANDS: dict[str, Meaning] = {
    **dict.fromkeys((*ascii_letters, *symbols.BLACKBOARD, *symbols.TYPED), _own),
    **dict.fromkeys(symbols.ESCAPES, _escape),
    **dict.fromkeys(symbols.SPACES, _space),
    **dict.fromkeys(symbols.SYMBOLS, _symbol),
    **dict.fromkeys(symbols.LETTERS, _letter),
    **dict.fromkeys(symbols.NAMES, _name),
    **dict.fromkeys(symbols.SWITCHES, _switch),
    **dict.fromkeys(symbols.ACCENTS, _accent),
    **dict.fromkeys(symbols.PLAIN, _shaped(str)),
    **dict.fromkeys(symbols.TEXTUAL, _shaped(str, math=False)),
    **dict.fromkeys(("vb", "va", "vu"), _styled),
    **dict.fromkeys(symbols.ABBREVIATIONS, _abbreviation),
    **dict.fromkeys(("ce", "ch", "cee"), _shaped(_chemistry, math=False)),
    **dict.fromkeys(_ARROWS, _arrow),
    "item": _item,
    "genfrac": _general_fraction,
    "ion": _shaped("{} {}".format, arguments=2),
    **dict.fromkeys(("enquote", "textquote"), _shaped("“{}”".format)),
    **dict.fromkeys(("emoji", "twemoji"), _shaped(":{}:".format)),
    "pod": _shaped(" ({})".format),
    **{name: _shaped(partial(_accented, name, mark)) for name, mark in symbols.MATH_ACCENTS.items()},
    **dict.fromkeys(("mathbb", "mathds", "Bbb", "mathbbm", "bbm"), _shaped(_doubled)),
    **dict.fromkeys(("frac", "dfrac", "tfrac", "cfrac", "sfrac", "nicefrac"), _fraction),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), _shaped("binom({}, {})".format, arguments=2)),
    **dict.fromkeys(("overset", "stackrel"), _shaped(_over, arguments=2)),
    **dict.fromkeys(("textsuperscript", "textsubscript"), _text_script),
    **dict.fromkeys(("url", "path", "nolinkurl"), _address),
    **dict.fromkeys(("footnote", "thanks"), _shaped(" ({})".format, math=False)),
    **dict.fromkeys("([", _bracket_math),
    "ensuremath": _shaped(str, math=True),
    "operatorname": _operator,
    "underset": _shaped(_under, arguments=2),
    "prescript": _shaped(_before, arguments=3),
    "pmod": _shaped(" (mod {})".format),
    "not": _shaped(_negated),
    "sqrt": _root,
    "href": _hyperlink,
    **boxes.COMMANDS,
    **units.COMMANDS,
    **notation.COMMANDS,
    "texorpdfstring": _either_string,
    **dict.fromkeys(("slashed", "cancel", "bcancel"), _shaped(_struck)),
}
