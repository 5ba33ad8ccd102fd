"""How connections and loops are judged: by how long they have been away, fail, or do not come back."""

from __future__ import annotations

import pytest

from bot.health import AWAY_SECONDS, BUSY_SECONDS, FAILING_SECONDS, Connection, Kind, Pulses, Trouble
from bot.locale import LANGUAGES, sentences


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_a_channel_that_is_away_for_long_is_a_trouble_until_it_is_back():
    clock = Seconds()
    connection = Connection(clock)
    connection.away("closed")
    assert list(connection.troubles("slack")) == []
    clock.now += AWAY_SECONDS / 2
    connection.away("refused once more")
    clock.now += AWAY_SECONDS / 2
    (trouble,) = connection.troubles("slack")
    assert trouble == Trouble(
        Kind.CHANNEL_AWAY, {"channel": "slack", "reason": "refused once more", "n": int(AWAY_SECONDS // 60)}
    )
    connection.up()
    assert list(connection.troubles("slack")) == []


def test_a_channel_that_is_refused_is_a_trouble_at_once():
    connection = Connection()
    connection.refused("invalid_auth")
    assert [one.kind for one in connection.troubles("slack")] == [Kind.CHANNEL_REFUSED]
    assert connection.refusal == "invalid_auth"


async def test_a_loop_that_fails_again_and_again_is_a_trouble_until_it_goes_well():
    clock, pulses, is_bad = Seconds(), Pulses(), True
    pulses = Pulses(clock)

    async def work() -> None:
        if is_bad:
            raise RuntimeError

    read = pulses.felt("read", work)
    for _ in range(3):
        assert list(pulses.troubles()) == []
        with pytest.raises(RuntimeError):
            await read()
        clock.now += FAILING_SECONDS / 3
    assert list(pulses.troubles()) == [
        Trouble(Kind.LOOP_FAILING, {"loop": "read", "n": int(FAILING_SECONDS // 60)})
    ]
    is_bad = False
    await read()
    assert list(pulses.troubles()) == []


async def test_a_loop_that_does_not_come_back_is_a_trouble():
    clock = Seconds()
    pulses = Pulses(clock)
    found = []

    async def work() -> None:
        clock.now += BUSY_SECONDS
        found.extend(pulses.troubles())

    await pulses.felt("plan", work)()
    assert [one.kind for one in found] == [Kind.LOOP_STUCK]
    assert pulses.names == ["plan"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_of_trouble_has_a_sentence_and_no_sentence_is_left_over(language):
    said = {key.partition(".")[2] for key in sentences(language) if key.startswith("health.")}
    assert said == {kind.value for kind in Kind if kind is not Kind.MISSING}
