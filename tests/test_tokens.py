"""A token is good for its row, its purpose, its key and its time, and for nothing else."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.store.keys import signing_key
from bot.tokens import Links, Purpose, Tokens
from tests.fakes import MORNING

TOKENS = Tokens(b"k" * 32)
numbers = st.integers(0, 2**40 - 1)
purposes = st.sampled_from(Purpose)


@given(purposes, numbers)
def test_a_token_is_read_back_until_it_expires(purpose, number):
    token = TOKENS.sign(purpose, number, MORNING)
    assert TOKENS.read(purpose, token, MORNING) == number
    assert TOKENS.read(purpose, token, MORNING + purpose.lifetime - timedelta(seconds=1)) == number
    assert TOKENS.read(purpose, token, MORNING + purpose.lifetime) is None


@given(purposes, purposes, numbers)
def test_a_token_for_one_purpose_is_worth_nothing_for_another(made, wanted, number):
    assert (TOKENS.read(wanted, TOKENS.sign(made, number, MORNING), MORNING) is not None) == (made is wanted)


@given(purposes, numbers, st.integers(0, 39), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_no_character_of_a_token_can_be_another_one(purpose, number, position, character):
    token = TOKENS.sign(purpose, number, MORNING)
    forged = token[:position] + character + token[position + 1 :]
    assert (TOKENS.read(purpose, forged, MORNING) is not None) == (forged == token)


@given(st.one_of(st.text(), st.text(alphabet="abcdefghijklmnopqrstuvwxyz234567", min_size=40, max_size=40)))
def test_what_nobody_signed_is_worth_nothing(text):
    assert all(TOKENS.read(purpose, text, MORNING) is None for purpose in Purpose)


@given(purposes, numbers)
def test_another_installation_reads_nothing(purpose, number):
    assert Tokens(b"other" * 8).read(purpose, TOKENS.sign(purpose, number, MORNING), MORNING) is None


@given(purposes, numbers)
def test_a_token_survives_addresses_subjects_and_shouting(purpose, number):
    token = TOKENS.sign(purpose, number, MORNING)
    assert re.fullmatch("[a-z2-7]{40}", token)
    assert TOKENS.read(purpose, token.upper(), MORNING) == number


def test_links_point_to_the_public_address_and_are_none_without_one():
    links = Links(TOKENS, "https://sudi.test/papers")
    assert links.manage(7, MORNING) == f"https://sudi.test/papers/mail/{TOKENS.sign(Purpose.MANAGE, 7, MORNING)}"
    assert links.confirm(7, MORNING).startswith("https://sudi.test/papers/confirm/")
    assert Links(TOKENS).manage(7, MORNING) == ""


async def test_the_key_is_made_once_whoever_asks_first(store):
    keys = await asyncio.gather(*(signing_key(store) for _ in range(5)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
