r"""Numbers and units as siunitx has them: `\SI{1.5e3}{\metre\per\second\squared}` is 1.5×10³ m/s².

https://ctan.org/pkg/siunitx
"""

from __future__ import annotations

import re

from bot.text import symbols
from bot.text.tex_parser import Meaning, TexParser

_OPTION = re.compile(r"\s*\[[^\[\]]*\]")
_IS_OPTION = re.compile(r"\[[^\[\]]*\]\s*[\[{]")
_PREFIXES = symbols.table(
    "quecto q ronto r yocto y zepto z atto a femto f pico p nano n micro µ milli m centi c deci d deca da deka da "
    "hecto h kilo k mega M giga G tera T peta P exa E zetta Z yotta Y kibi Ki mebi Mi gibi Gi tebi Ti"
)
_UNITS = symbols.table(
    "metre m meter m second s gram g kilogram kg ampere A kelvin K mole mol candela cd hertz Hz newton N "
    "pascal Pa joule J watt W coulomb C volt V farad F ohm Ω siemens S weber Wb tesla T henry H celsius "
    "°C degreeCelsius °C lumen lm lux lx becquerel Bq gray Gy sievert Sv katal kat minute min hour h day "
    "d year yr degree ° arcminute ′ arcsecond ″ arcmin arcmin arcsec arcsec hectare ha litre L liter L "
    "tonne t electronvolt eV dalton Da bel B decibel dB neper Np astronomicalunit au bar bar angstrom Å "
    "barn b percent % permille ‰ bit bit byte B parsec pc lightyear ly gauss G erg erg radian rad "
    "steradian sr micron µm solarmass M☉ clight c elementarycharge e mu µ Omega Ω circ ° AA Å "
    "Msun M☉ Lsun L☉ Rsun R☉ odot ☉"
)
_POWERS = {"squared": "²", "cubed": "³"}
_POWERS_BEFORE = {"square": "²", "cubic": "³"}
_TOKEN = re.compile(
    r"\\(?P<name>[A-Za-z]+)|\^(?:\{(?P<power>[^{}]*)\}|(?P<digit>.))|\{(?P<group>[^{}]*)\}|(?P<gap>[.~\s]+|\\[, ])"
    r"|(?P<text>[^\\^.~\s{}]+|.)",
    re.DOTALL,
)
_OF_THE_SUN = re.compile(r"_\{?\\(?:odot|sun)(?![A-Za-z])\}?")
_SAYS_NOTHING = ("tothe", "raiseto", "of", "highlight", "mathrm", "text", "textrm", "rm", "ensuremath", "cdot")
_INVERSE = re.compile(r"1/\(?([^()]+)\)?")
_EXPONENT = re.compile(r"(?P<mantissa>[\d.,)])?\s*[eEdD]\s*(?P<power>[+\-−]?\d+)\b")


def unit(typed: str) -> str:
    r"""A unit as it is read: `\kilo\gram\per\cubic\metre` is kg/m³, and `m/s` is itself."""
    typed = _OF_THE_SUN.sub("☉", typed)
    above: list[str] = []
    below: list[str] = []
    prefix, before, is_below, after_name = "", "", False, ""
    for token in _TOKEN.finditer(typed):
        kind, value = token.lastgroup, token[token.lastgroup or 0]
        here = below if is_below else above
        if kind == "name" and value == "per":
            is_below = True
        elif kind == "name" and value in _PREFIXES:
            prefix += _PREFIXES[value]
        elif kind == "name" and value in _POWERS_BEFORE:
            before = _POWERS_BEFORE[value]
        elif kind in ("power", "digit") or (kind == "name" and value in _POWERS) or after_name == "tothe":
            power = _POWERS.get(value) or _raised(value)
            last = below if below and not is_below else here
            if last:
                last[-1] += power
        elif (kind == "name" and value in _SAYS_NOTHING) or kind == "gap":
            pass
        else:
            shown = _UNITS.get(value) or re.sub("^u(?=[A-Zmsglbh])", "µ", value) if kind == "name" else value
            here.append(prefix + shown + before)
            prefix, before, is_below = "", "", False
        after_name = value if kind == "name" else ""
    over = f"({' '.join(below)})" if len(below) > 1 else "".join(below)
    return f"{' '.join(above) or '1'}/{over}" if below else " ".join([*above, *filter(None, [prefix])])


def number(text: str) -> str:
    """A number, of which the TeX has been read: `1.5e-3` is 1.5×10⁻³, `+-` is ±."""
    plain = text.strip().replace("+-", "±").replace(" x ", "×")
    return _EXPONENT.sub(_power_of_ten, plain)


def angle(text: str) -> str:
    """`30` and `1;2;3` as degrees, minutes and seconds."""
    return "".join(
        f"{part.strip()}{sign}" for part, sign in zip(text.split(";"), "°′″", strict=False) if part.strip()
    )


def quantity(amount: str, of: str) -> str:
    """A number and its unit; no space before a per cent sign or a degree, and 139 fb⁻¹ rather than 139 1/fb."""
    if inverse := _INVERSE.fullmatch(of):
        of = " ".join(_inverted(one) for one in inverse[1].split())
    return f"{amount}{of}" if of in ("%", "°", "′", "″", "") else f"{amount} {of}"


def _power_of_ten(found: re.Match[str]) -> str:
    ten = f"10{_raised(found['power'].removeprefix('+'))}"
    return f"{found['mantissa']}×{ten}" if found["mantissa"] else ten


def _inverted(unit: str) -> str:
    power = "²" if unit[-1] == "²" else "³" if unit[-1] == "³" else ""
    return f"{unit.removesuffix(power)}⁻{power or '¹'}"


def _raised(text: str) -> str:
    plain = text.replace("−", "-").strip()
    return "".join(symbols.SUPERSCRIPTS.get(char, char) for char in plain)


def skip_options(reading: TexParser) -> None:
    """Read all options, `[...]`, that stand here."""
    while reading.skip(_OPTION):
        pass


def _quantity(numbers: int, *, has_unit: bool) -> Meaning:
    """A command of siunitx: so many numbers, and perhaps a unit."""

    def meaning(reading: TexParser, name: str) -> None:
        start = reading.at - len(name) - 1
        found: list[str] = []
        for _ in range(numbers):
            if name == "qty" and reading.next() == "[" and not _IS_OPTION.match(reading.raw, reading.at):
                return  # of the package physics: brackets
            skip_options(reading)
            typed = reading.argument(math=True) if reading.next() == "{" else None
            if typed is None:
                if name != "qty" or reading.next() not in {"(", "|"}:
                    reading.put_typed(start)
                return
            found.append(", ".join(map(number, typed.split(";"))))
        skip_options(reading)
        of = reading.verbatim() if has_unit else None
        if has_unit and of is None and name != "qty":  # the package physics has a \\qty of its own
            reading.put_typed(start)
            return
        amount = "–".join(found)
        shown = "" if of is None else unit(of)
        reading.put(quantity(amount, shown) if found else shown)

    return meaning


def _angle(reading: TexParser, name: str) -> None:
    start = reading.at - len(name) - 1
    text = reading.argument()
    if text is None:
        reading.put_typed(start)
    else:
        reading.put(angle(text))


COMMANDS: dict[str, Meaning] = {
    **dict.fromkeys(("SI", "qty"), _quantity(1, has_unit=True)),
    **dict.fromkeys(("SIrange", "qtyrange"), _quantity(2, has_unit=True)),
    **dict.fromkeys(("SIlist", "qtylist"), _quantity(1, has_unit=True)),
    **dict.fromkeys(("qtyproduct", "complexqty"), _quantity(1, has_unit=True)),
    **dict.fromkeys(("num", "numlist", "numproduct", "complexnum", "tablenum"), _quantity(1, has_unit=False)),
    "numrange": _quantity(2, has_unit=False),
    **dict.fromkeys(("si", "unit"), _quantity(0, has_unit=True)),
    "ang": _angle,
}
