"""What is known of one person, and its erasure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store import schema
from bot.store.subscribers import Subscribers

_identity, _destination, _subscription = schema.identity.c, schema.destination.c, schema.subscription.c
_conversation, _unconfirmed = schema.conversation.c, schema.unconfirmed.c


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a person: who they are on each channel, what they get, what they have set up for others."""

    identities: Sequence[tuple[str, str]]  # channel and address
    subscriptions: int  # at their own addresses
    shared: int  # destinations of others that they have made


class Erasure:
    """Erasing what is stored of a person, inside one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def known(self, channel: str, address: str) -> Known:
        """What is known of the person who has this identity."""
        linked = await Subscribers(self._connection).linked(channel, address)
        identities = [(channel, address), *linked]
        own = tuple_(_destination.channel, _destination.address).in_(identities)
        subscriptions = await self._connection.execute(
            select(func.count())
            .join_from(schema.subscription, schema.destination, _destination.id == _subscription.destination_id)
            .where(own)
        )
        mine = select(_identity.id).where(tuple_(_identity.channel, _identity.address).in_(identities))
        shared = await self._connection.execute(
            select(func.count()).select_from(schema.destination).where(_destination.identity_id.in_(mine), ~own)
        )
        return Known(identities, int(subscriptions.scalar_one()), int(shared.scalar_one()))

    async def forget(self, known: Known) -> None:
        """Erase a person; what they set up for others stays, without their name."""
        addresses = [address for _, address in known.identities]
        named = tuple_(_identity.channel, _identity.address).in_(known.identities)
        person = select(_identity.subscriber_id).where(named)
        people = list((await self._connection.execute(person)).scalars())
        own = tuple_(_destination.channel, _destination.address).in_(known.identities)
        for statement in (
            schema.destination.delete().where(own),
            schema.conversation.delete().where(
                tuple_(_conversation.channel, _conversation.person).in_(known.identities)
            ),
            schema.unconfirmed.delete().where(
                or_(
                    _unconfirmed.address.in_(addresses),
                    _unconfirmed.mailbox.in_(addresses),
                    tuple_(_unconfirmed.channel, _unconfirmed.person).in_(known.identities),
                )
            ),
            schema.identity.delete().where(named),
            schema.subscriber.delete().where(schema.subscriber.c.id.in_(people)),
        ):
            await self._connection.execute(statement)
