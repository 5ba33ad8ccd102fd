"""Three minutes of what `tests.bench soak` goes through for an hour: strangers, kills, a wrong clock."""

from __future__ import annotations

from tests.bench.soak import Course, soaked


async def test_nothing_is_lost_or_doubled_among_strangers_and_kills():
    done = await soaked(Course(180, destinations=60, round=30, patience=240, has_disk=False))
    assert done.kills == 2
    arrived = {name: tally.messages > 0 for name, tally in done.tallies.items()}
    assert arrived == dict.fromkeys(done.tallies, True), (done.troubles.planted, done.waited, done.log[-4_000:])
    missed = [(name, found) for name, found, most in done.floors() if found > most and "memory" not in name]
    assert missed == [], (done.troubles.untrue, done.traces)
