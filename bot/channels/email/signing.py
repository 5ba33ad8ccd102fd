"""DKIM signatures (RFC 6376): they show who sent a mail and that its main parts are unchanged."""

from __future__ import annotations

from pathlib import Path

import dkim
from dkim.crypto import UnparsableKeyError, parse_pem_private_key

from bot.errors import SettingsError

# Twice what must not be added either. RFC 8058 wants both headers of unsubscribing to be covered.
_HEADERS = """from from to subject subject date message-id in-reply-to references mime-version content-type
list-id list-unsubscribe list-unsubscribe list-unsubscribe-post auto-submitted precedence feedback-id"""


class Signer:
    """Signs for one domain with one key."""

    def __init__(self, key: bytes, selector: str, domain: str) -> None:
        self._key = key
        self._selector = selector.encode()
        self._domain = domain.encode()

    @property
    def record(self) -> str:
        """The name in the DNS under which the public key has to be."""
        return f"{self._selector.decode()}._domainkey.{self._domain.decode()}"

    def is_published_in(self, text: str) -> bool:
        """Whether a TXT record has our public key: what we sign can be verified with it."""
        sample = self.signed(b"From: a@b.test\r\n\r\nx\r\n")
        return bool(dkim.verify(sample, dnsfunc=lambda _name, timeout=0: text.encode()))

    def signed(self, content: bytes) -> bytes:
        """A message with CRLF, under its signature."""
        signature: bytes = dkim.sign(
            content,
            self._selector,
            self._domain,
            self._key,
            canonicalize=(b"relaxed", b"relaxed"),
            include_headers=[name.encode() for name in _HEADERS.split()],
        )
        return signature + content


def signer(path: str, selector: str, domain: str) -> Signer:
    """The signer with the private key in a file; SettingsError when there is none in it."""
    try:
        key = Path(path).read_bytes()
        parse_pem_private_key(key)
    except OSError as error:
        raise SettingsError([f"DKIM_KEY: cannot read {path}: {error.strerror}"]) from None
    except (UnparsableKeyError, ValueError):
        fault = f"DKIM_KEY: {path} holds no RSA key; make one with: openssl genrsa -out {path} 2048"
        raise SettingsError([fault]) from None
    return Signer(key, selector, domain)
