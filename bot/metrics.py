"""Numbers about this process for monitoring, and the text format in which they and others are told.

The format is that of Prometheus: https://prometheus.io/docs/instrumenting/exposition_formats/. Counters live as
long as the process; what the store knows is asked of it when somebody looks.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_BOUNDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 75.0)

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """One line: a suffix of the name of its family, labels, and a number."""

    value: float
    labels: Labels = ()
    suffix: str = ""


@dataclass(frozen=True, slots=True)
class Family:
    """The samples of one name."""

    name: str
    kind: str
    about: str
    samples: tuple[Sample, ...]


def gauge(name: str, about: str, values: Mapping[Labels, float] | float | None) -> Family:
    """What goes up and down; without samples when nothing is known."""
    rows = values if isinstance(values, Mapping) else {} if values is None else {(): values}
    return Family(name, "gauge", about, tuple(Sample(value, labels) for labels, value in rows.items()))


@dataclass
class Counter:
    """How often something has happened."""

    name: str
    about: str
    values: dict[Labels, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, much: float = 1, /, **labels: str) -> None:
        """It has happened."""
        self.values[tuple(sorted(labels.items()))] += much

    def family(self) -> Family:
        """As it stands."""
        return Family(self.name, "counter", self.about, tuple(Sample(v, k) for k, v in self.values.items()))


@dataclass
class Histogram:
    """How long something takes, in seconds."""

    name: str
    about: str
    counts: dict[Labels, list[int]] = field(default_factory=dict)
    sums: dict[Labels, float] = field(default_factory=lambda: defaultdict(float))

    def add(self, seconds: float, /, **labels: str) -> None:
        """It has taken so long."""
        key = tuple(sorted(labels.items()))
        self.counts.setdefault(key, [0] * (len(_BOUNDS) + 1))[bisect_left(_BOUNDS, seconds)] += 1
        self.sums[key] += seconds

    def family(self) -> Family:
        """As it stands; buckets count everything below their bound."""
        samples: list[Sample] = []
        for key, counts in self.counts.items():
            for n, bound in enumerate([*map(str, _BOUNDS), "+Inf"], 1):
                samples.append(Sample(sum(counts[:n]), (*key, ("le", bound)), "_bucket"))
            samples += [Sample(self.sums[key], key, "_sum"), Sample(sum(counts), key, "_count")]
        return Family(self.name, "histogram", self.about, tuple(samples))


SENDS = Counter("sudi_sends_total", "Messages handed to a channel by this process, by what became of them.")
SEND_SECONDS = Histogram("sudi_send_seconds", "How long a channel takes to answer, in this process.")


def text_of(families: Iterable[Family]) -> str:
    """All of it in the text format."""
    return "".join(f"{line}\n" for one in families for line in _lines(one))


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {_escaped(family.about)}"
    yield f"# TYPE {family.name} {family.kind}"
    for one in family.samples:
        labels = ",".join(f'{name}="{_escaped(value, quotes=True)}"' for name, value in one.labels)
        yield f"{family.name}{one.suffix}{'{' + labels + '}' if labels else ''} {one.value:.10g}"


def _escaped(text: str, *, quotes: bool = False) -> str:
    found = text.replace("\\", "\\\\").replace("\n", "\\n")
    return found.replace('"', '\\"') if quotes else found
