"""Pauses between attempts grow, end at the longest, and are not the same for everybody."""

from __future__ import annotations

from bot.supervision import BackOff


def test_each_pause_is_twice_the_last_up_to_the_longest_and_the_first_again_after_a_success():
    backoff = BackOff(1.0, 5.0, dice=lambda: 1.0)
    assert [backoff.pause() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.pause() == 1.0


def test_up_to_half_of_a_pause_is_left_out_by_chance():
    assert BackOff(8.0, 60.0, dice=lambda: 0.0).pause() == 4.0
    assert len({BackOff(8.0, 60.0).pause() for _ in range(20)}) > 1


def test_a_thousand_failures_are_no_trouble():
    assert BackOff(1.0, 60.0, failures=1_000, dice=lambda: 1.0).pause() == 60.0
