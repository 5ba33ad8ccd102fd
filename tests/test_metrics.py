"""Numbers are told as Prometheus reads them."""

from __future__ import annotations

from bot.metrics import Counter, Histogram, gauge, text_of


def test_a_family_has_its_help_its_type_and_a_line_for_each_of_its_labels():
    counter = Counter("sudi_sends_total", "Messages.")
    counter.add(channel="slack", outcome="sent")
    counter.add(2, outcome="failed", channel="slack")
    assert text_of([counter.family()]).splitlines() == [
        "# HELP sudi_sends_total Messages.",
        "# TYPE sudi_sends_total counter",
        'sudi_sends_total{channel="slack",outcome="sent"} 1',
        'sudi_sends_total{channel="slack",outcome="failed"} 2',
    ]


def test_the_buckets_of_a_histogram_count_everything_below_their_bound():
    histogram = Histogram("seconds", "How long.")
    for seconds in (0.1, 0.3, 200.0):
        histogram.add(seconds, channel="email")
    said = text_of([histogram.family()])
    assert 'seconds_bucket{channel="email",le="0.1"} 1' in said
    assert 'seconds_bucket{channel="email",le="0.5"} 2' in said
    assert 'seconds_bucket{channel="email",le="75.0"} 2' in said
    assert 'seconds_bucket{channel="email",le="+Inf"} 3' in said
    assert 'seconds_count{channel="email"} 3' in said
    assert 'seconds_sum{channel="email"} 200.4' in said


def test_labels_and_help_are_escaped_and_what_is_not_known_has_no_sample():
    said = text_of([gauge("a", "b\nc\\", {(("x", 'y"\\\n'),): 1.5}), gauge("lag", "None yet.", None)])
    assert said == (
        '# HELP a b\\nc\\\\\n# TYPE a gauge\na{x="y\\"\\\\\\n"} 1.5\n# HELP lag None yet.\n# TYPE lag gauge\n'
    )
