"""The demo in a terminal, as an animation: scrolling line after line. One SVG without scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from rich.cells import cell_len

COLUMNS, ROWS = 100, 28
_CELL, _LINE, _MARGIN = 8, 18, 14  # pixels
_STEP, _REST = 0.3, 3.0  # seconds for each line, and at either end
_INK, _SOFT, _LINK, _PAPER = "#e8e4dc", "#aaa398", "#9fc1ee", "#161513"


def animation(lines: Sequence[str]) -> str:
    """The lines as an SVG that shows them one by one and begins again."""
    whole = len(lines) * _STEP + 2 * _REST
    frames = "".join(_frames(len(lines), whole))
    rows = "\n".join(row for number, line in enumerate(lines, 1) for row in _row(line, number))
    width, height = COLUMNS * _CELL + 2 * _MARGIN, ROWS * _LINE + 2 * _MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" role="img"'
        f' aria-label="sudi demo in a terminal"><style>text{{font:14px ui-monospace,SFMono-Regular,Menlo,Consolas,'
        f"'DejaVu Sans Mono','Noto Sans Mono CJK SC',monospace;fill:{_INK};white-space:pre}}.s{{fill:{_SOFT}}}"
        f".p{{fill:{_LINK}}}#r{{animation:r {whole:.1f}s step-end infinite}}@keyframes r{{{frames}}}"
        "@media(prefers-reduced-motion:reduce){#r{animation:none}}</style>"
        f'<rect width="100%" height="100%" rx="2" fill="{_PAPER}"/>'
        f'<clipPath id="c"><rect x="{_MARGIN}" y="{_MARGIN}" width="{COLUMNS * _CELL}" height="{ROWS * _LINE}"/>'
        f'</clipPath><g clip-path="url(#c)"><g id="r">\n{rows}\n</g></g></svg>\n'
    )


def _frames(count: int, whole: float) -> Iterator[str]:
    """How far the lines have gone up: a full screen first, then line after line."""
    for gone in range(max(1, count - ROWS + 1)):
        percent = (_REST + gone * _STEP if gone else 0) / whole * 100
        yield f"{percent:.2f}%{{transform:translateY({-gone * _LINE}px)}}"


def _row(line: str, number: int) -> Iterator[str]:
    """The runs of one line, each at its column: a Chinese character is as wide as two others."""
    kind = ' class="p"' if "›" in line else ' class="s"' if set(line.strip()) <= set("─━┃╇┏┓ ") else ""
    column, y = 0, _MARGIN + number * _LINE - 5
    for run in _runs(line[:COLUMNS].rstrip()):
        x, width = _MARGIN + column * _CELL, cell_len(run) * _CELL
        if run.strip():
            yield f'<text x="{x}" y="{y}" textLength="{width}"{kind}>{escape(run)}</text>'
        column += cell_len(run)


def _runs(line: str) -> Iterator[str]:
    """A line in runs of characters of one width."""
    run = ""
    for char in line:
        if run and cell_len(char) != cell_len(run[-1]):
            yield run
            run = ""
        run += char
    if run:
        yield run
