"""What TeX sets in two dimensions or between fences, on one line: matrices, cases, equations, bras, norms."""

from __future__ import annotations

import re

from bot.text.symbols import SUPERSCRIPTS
from bot.text.tex_parser import Meaning, TexParser

_FENCES = {
    "pmatrix": "()",
    "bmatrix": "[]",
    "Bmatrix": "{}",
    "vmatrix": "||",
    "Vmatrix": "‖‖",
    "matrix": "",
    "smallmatrix": "",
    "psmallmatrix": "()",
    "bsmallmatrix": "[]",
    "Bsmallmatrix": "{}",
    "vsmallmatrix": "||",
    "array": "",
    "tabular": "",
    "cases": "{}",
    "dcases": "{}",
    "rcases": "{}",
}
_ALIGNED = (
    *("align", "aligned", "alignat", "flalign", "split", "gather", "gathered", "multline", "eqnarray", "substack"),
    *("equation", "displaymath", "math", "dmath"),
)
ENVIRONMENTS = (*_FENCES, *_ALIGNED)
_CELL = re.compile(
    r"\\(?P<begin>begin)\{[A-Za-z]+\*?\}|\\(?P<end>end)\{[A-Za-z]+\*?\}"
    r"|(?P<row>\\\\(?:\s*\[[^\[\]]*\])?|\\cr(?![A-Za-z])|\\tabularnewline)|\\.|(?P<group>\{)|(?P<cell>&)",
    re.DOTALL,
)
_ARRAY_OPTIONS = re.compile(r"\s*(?:\[[^\[\]]*\])?\s*(?:\{[^{}]*\})?")
_OPTION = re.compile(r"\s*\[[^\[\]]*\]")
_LONGEST = 1_000  # characters in brackets
_BRACKETS = {"(": "()", "[": "[]"}
_STAR, _STARS = re.compile(r"\*"), re.compile(r"\*{0,2}")
_ORDER = re.compile(r"\s*\[([^\[\]]*)\]")


def _environment(reading: TexParser, name: str) -> None:
    """Put a matrix as `(a, b; c, d)`, and aligned equations one after the other."""
    start = reading.at - len(name) - 1
    kind = (reading.verbatim() or "").rstrip("*")
    if kind not in ENVIRONMENTS:
        reading.put_typed(start)
        return
    reading.skip(_ARRAY_OPTIONS if kind in ("array", "tabular", "alignat") else _OPTION)
    rows, end = _rows(reading)
    reading.at = end
    fences = _FENCES.get(kind)
    between = " " if fences is None else ", "
    lines = [between.join(filter(None, row)) for row in rows]
    inside = "; ".join(filter(None, lines))
    reading.put(f"{fences[0]}{inside}{fences[1]}" if fences else inside)


def _stacked(between_rows: str, between: str, fences: str = "") -> Meaning:
    r"""A command whose group has rows: `\substack`, and plain TeX's `\matrix` and `\cases`."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        close = _closing(reading)
        if close is None:
            reading.put_typed(start)
            return
        opening = reading.next()
        inner = TexParser(reading.source, reading.at + 1, close, math=True, depth=reading.depth + 1)
        rows, _ = _rows(inner)
        reading.at = close + 1
        inside = between_rows.join(filter(None, (between.join(filter(None, row)).strip() for row in rows)))
        around = fences or _BRACKETS.get(opening, "")
        reading.put(f"{around[:1]}{inside}{around[1:]}")

    return meaning


def _closing(reading: TexParser) -> int | None:
    """Where what opens here closes: a group, or the brackets that the package physics has instead of one."""
    opening = reading.next()
    if opening == "{" or opening not in _BRACKETS:
        return reading.closing(reading.at) if opening == "{" else None
    close = reading.raw.find(_BRACKETS[opening][1], reading.at + 1, min(reading.end, reading.at + _LONGEST))
    return close if close > 0 and reading.raw.count(opening, reading.at, close) == 1 else None


def _rows(reading: TexParser) -> tuple[list[list[str]], int]:
    """The cells from here to the end of the _environment, and what follows it."""
    rows: list[list[str]] = [[]]
    start = at = reading.at
    depth = 0
    end = reading.end
    while found := _CELL.search(reading.raw, at, reading.end):
        at = found.end()
        match found.lastgroup:
            case "begin":
                depth += 1
            case "end" if depth:
                depth -= 1
            case "end":
                rows[-1].append(_cell(reading, start, found.start()))
                return rows, at
            case "group":
                close = reading.closing(found.start())
                at = at if close is None else close + 1
            case "row" | "cell" if not depth:
                rows[-1].append(_cell(reading, start, found.start()))
                start = at
                if found.lastgroup == "row":
                    rows.append([])
    rows[-1].append(_cell(reading, start, end))
    return rows, end


def _cell(reading: TexParser, start: int, end: int) -> str:
    return " ".join(reading.inside(start, end, math=True).split())


def _fenced(before: str, between: str, after: str, *, most: int = 1) -> Meaning:
    r"""A command that puts fences around its group, or around as many as there are: `\braket{a}{b}`."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        reading.skip(_STAR)
        reading.skip(_OPTION)
        first = reading.argument()
        if first is None:
            reading.at = start + len(name) + 1
            reading.put_typed(start)
            return
        parts = [first.strip()]
        while len(parts) < most and reading.next() == "{" and (part := reading.argument()) is not None:
            parts.append(part.strip())
        reading.put(before + between.join(parts) + after)

    return meaning


def _projected(reading: TexParser, name: str) -> None:
    r"""`\ketbra{a}{b}` and `\ketbra{a}`, which has the same on both sides."""
    start = reading.at - len(name) - 1
    first = reading.argument()
    if first is None:
        reading.put_typed(start)
        return
    second = reading.argument() if reading.next() == "{" else None
    reading.put(f"|{first}⟩⟨{first if second is None else second}|")


def _derivative(sign: str) -> Meaning:
    r"""`\dv[2]{f}{x}` as d²f/dx², `\dv{x}` as d/dx, `\pdv{f}{x}{y}` as ∂²f/∂x∂y."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        reading.skip(_STAR)
        option = reading.skip(_ORDER)
        parts: list[str] = []
        while len(parts) < 3 and (not parts or reading.next() == "{") and (part := reading.argument()) is not None:
            parts.append(part)
        if not parts:
            reading.put_typed(start)
            return
        order = (
            f"^({option[1]})"
            if option and len(option[1]) > 1
            else SUPERSCRIPTS.get(option[1], "")
            if option
            else ""
        )
        of, *by = parts if len(parts) > 1 else ("", *parts)
        order = "²" if len(by) > 1 and not order else order
        reading.put(
            f"{sign}{order}{of}/" + "".join(f"{sign}{one}" for one in by) + (order if len(by) == 1 else "")
        )

    return meaning


def _differential(reading: TexParser, name: str) -> None:
    option = reading.skip(_ORDER)
    reading.put("d" + (SUPERSCRIPTS.get(option[1], f"^{option[1]}") if option else ""))
    reading.skip()


def _expectation(reading: TexParser, name: str) -> None:
    r"""`\ev{A}` as ⟨A⟩, `\ev{A}{\psi}` as ⟨ψ|A|ψ⟩."""
    start = reading.at - len(name) - 1
    reading.skip(_STARS)
    of = reading.argument()
    if of is None:
        reading.put_typed(start)
        return
    state = reading.argument() if reading.next() == "{" else None
    reading.put(f"⟨{of}⟩" if state is None else f"⟨{state}|{of}|{state}⟩")


def _ket(reading: TexParser, name: str) -> None:
    r"""A ket; behind a bra they share a line: `\bra{a}\ket{b}` is ⟨a|b⟩."""
    is_braket = bool(reading.out) and reading.out[-1].startswith("⟨") and reading.out[-1].endswith("|")
    _fenced("" if is_braket else "|", "", "⟩")(reading, name)


COMMANDS: dict[str, Meaning] = {
    "begin": _environment,
    "substack": _stacked(", ", " "),
    **dict.fromkeys(("matrix", "mqty", "smqty", "matrixquantity"), _stacked("; ", ", ")),
    **dict.fromkeys(("pmatrix", "pmqty"), _stacked("; ", ", ", "()")),
    "bmqty": _stacked("; ", ", ", "[]"),
    "vmqty": _stacked("; ", ", ", "||"),
    **dict.fromkeys(("cases", "dcases"), _stacked("; ", ", ", "{}")),
    **dict.fromkeys(("norm", "Norm"), _fenced("‖", "", "‖")),
    **dict.fromkeys(("abs", "card"), _fenced("|", "", "|")),
    "floor": _fenced("⌊", "", "⌋"),
    "ceil": _fenced("⌈", "", "⌉"),
    **dict.fromkeys(("set", "Set"), _fenced("{", "", "}")),
    **dict.fromkeys(("paren", "parens", "pqty"), _fenced("(", "", ")")),
    **dict.fromkeys(("brackets", "bqty"), _fenced("[", "", "]")),
    **dict.fromkeys(("ket", "Ket"), _ket),
    **dict.fromkeys(("bra", "Bra"), _fenced("⟨", "", "|")),
    **dict.fromkeys(("braket", "Braket", "ip", "innerproduct"), _fenced("⟨", "|", "⟩", most=2)),
    **dict.fromkeys(("mel", "matrixel"), _fenced("⟨", "|", "⟩", most=3)),
    **dict.fromkeys(("inner", "iprod", "innerprod"), _fenced("⟨", ", ", "⟩", most=2)),
    "avg": _fenced("⟨", "", "⟩"),
    **dict.fromkeys(("expval", "ev", "expectationvalue"), _expectation),
    **dict.fromkeys(("comm", "commutator"), _fenced("[", ", ", "]", most=2)),
    **dict.fromkeys(("acomm", "anticommutator"), _fenced("{", ", ", "}", most=2)),
    **dict.fromkeys(("order", "bigO", "bigo"), _fenced("O(", "", ")")),
    **dict.fromkeys(("ketbra", "dyad", "outerproduct", "proj"), _projected),
    **dict.fromkeys(("dv", "odv", "derivative"), _derivative("d")),
    **dict.fromkeys(("pdv", "partialderivative"), _derivative("∂")),
    **dict.fromkeys(("fdv", "functionalderivative"), _derivative("δ")),
    **dict.fromkeys(("dd", "dif"), _differential),
}
