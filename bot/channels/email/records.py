"""What other mail servers look up about our domain: SPF, DKIM and DMARC. For `sudi doctor`; nothing is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import dns.asyncresolver
import dns.exception
import dns.resolver

from bot.channels.email.signing import Signer

Lookup = Callable[[str], Awaitable[list[str]]]
"""The TXT records of a name; OSError when nobody answers."""

_SECONDS = 5.0
_RESERVED = ("test", "example", "invalid", "localhost", "example.org", "example.com", "example.net")  # RFC 2606


async def lacking(domain: str, signer: Signer | None, lookup: Lookup | None = None) -> list[str]:
    """One line for each record that is missing or not ours; nothing about reserved domains."""
    if any(f".{domain}".endswith(f".{name}") for name in _RESERVED):
        return []
    ask = lookup or _texts
    try:
        return [*await _spf(domain, ask), *await _dkim(signer, ask), *await _dmarc(domain, ask)]
    except OSError as error:
        return [f"the DNS does not answer about {domain} ({error})"]


async def _spf(domain: str, ask: Lookup) -> list[str]:
    if any(text.lower().startswith("v=spf1") for text in await ask(domain)):
        return []
    return [f"no SPF record at {domain}"]


async def _dkim(signer: Signer | None, ask: Lookup) -> list[str]:
    if signer is None:
        return []
    found = await ask(signer.record)
    if any(signer.is_published_in(text) for text in found):
        return []
    return [f"another key than DKIM_KEY at {signer.record}" if found else f"no DKIM record at {signer.record}"]


async def _dmarc(domain: str, ask: Lookup) -> list[str]:
    """The policy of the domain, or else of one above it (RFC 7489, 6.6.3)."""
    labels = domain.split(".")
    for first in range(len(labels) - 1):
        name = ".".join(["_dmarc", *labels[first:]])
        if any(text.lower().startswith("v=dmarc1") for text in await ask(name)):
            return []
    return [f"no DMARC record at _dmarc.{domain}"]


async def _texts(name: str) -> list[str]:
    try:
        answer = await dns.asyncresolver.resolve(name, "TXT", lifetime=_SECONDS)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException as error:
        raise OSError(type(error).__name__) from None
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]
