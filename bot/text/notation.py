"""What TeX sets in two dimensions or between fences, on one line: matrices, cases, equations, bras, norms."""

from __future__ import annotations

import re

from bot.text.tex_parser import Meaning, TexParser

_FENCES = {
    "pmatrix": "()",
    "bmatrix": "[]",
    "Bmatrix": "{}",
    "vmatrix": "||",
    "Vmatrix": "‖‖",
    "matrix": "",
    "smallmatrix": "",
    "array": "",
    "tabular": "",
    "cases": "{}",
    "dcases": "{}",
    "rcases": "{}",
}
_ALIGNED = ("align", "aligned", "alignat", "split", "gather", "gathered", "multline", "eqnarray", "substack")
ENVIRONMENTS = (*_FENCES, *_ALIGNED)
_CELL = re.compile(
    r"\\(?P<begin>begin)\{[A-Za-z]+\*?\}|\\(?P<end>end)\{[A-Za-z]+\*?\}"
    r"|(?P<row>\\\\(?:\s*\[[^\[\]]*\])?|\\cr(?![A-Za-z])|\\tabularnewline)|\\.|(?P<group>\{)|(?P<cell>&)",
    re.DOTALL,
)
_ARRAY_OPTIONS = re.compile(r"\s*(?:\[[^\[\]]*\])?\s*(?:\{[^{}]*\})?")
_OPTION = re.compile(r"\s*\[[^\[\]]*\]")
_STAR = re.compile(r"\*")


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


def _stacked(reading: TexParser, name: str) -> None:
    r"""Put the lines of `\substack` one after the other."""
    start = reading.at - len(name) - 1
    close = reading.closing(reading.at) if reading.next() == "{" else None
    if close is None:
        reading.put_typed(start)
        return
    inner = TexParser(reading.source, reading.at + 1, close, math=True, depth=reading.depth + 1)
    rows, _ = _rows(inner)
    reading.at = close + 1
    reading.put(", ".join(filter(None, (" ".join(row).strip() for row in rows))))


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
    r"""`\dv{f}{x}` as df/dx, `\dv{x}` as d/dx."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        reading.skip(_STAR)
        reading.skip(_OPTION)
        first = reading.argument()
        if first is None:
            reading.put_typed(start)
            return
        second = reading.argument() if reading.next() == "{" else None
        reading.put(f"{sign}/{sign}{first}" if second is None else f"{sign}{first}/{sign}{second}")

    return meaning


COMMANDS: dict[str, Meaning] = {
    "begin": _environment,
    "substack": _stacked,
    **dict.fromkeys(("norm", "Norm"), _fenced("‖", "", "‖")),
    **dict.fromkeys(("abs", "card"), _fenced("|", "", "|")),
    "floor": _fenced("⌊", "", "⌋"),
    "ceil": _fenced("⌈", "", "⌉"),
    **dict.fromkeys(("set", "Set"), _fenced("{", "", "}")),
    **dict.fromkeys(("paren", "parens", "pqty"), _fenced("(", "", ")")),
    **dict.fromkeys(("brackets", "bqty"), _fenced("[", "", "]")),
    **dict.fromkeys(("ket", "Ket"), _fenced("|", "", "⟩")),
    **dict.fromkeys(("bra", "Bra"), _fenced("⟨", "", "|")),
    **dict.fromkeys(("braket", "Braket", "ip", "innerproduct"), _fenced("⟨", "|", "⟩", most=2)),
    **dict.fromkeys(("mel", "matrixel"), _fenced("⟨", "|", "⟩", most=3)),
    **dict.fromkeys(("inner", "iprod", "innerprod"), _fenced("⟨", ", ", "⟩", most=2)),
    **dict.fromkeys(("expval", "ev", "expectationvalue", "avg"), _fenced("⟨", "", "⟩")),
    **dict.fromkeys(("comm", "commutator"), _fenced("[", ", ", "]", most=2)),
    **dict.fromkeys(("acomm", "anticommutator"), _fenced("{", ", ", "}", most=2)),
    **dict.fromkeys(("order", "bigO", "bigo"), _fenced("O(", "", ")")),
    **dict.fromkeys(("ketbra", "dyad", "outerproduct", "proj"), _projected),
    **dict.fromkeys(("dv", "odv", "derivative"), _derivative("d")),
    **dict.fromkeys(("pdv", "partialderivative"), _derivative("∂")),
}
