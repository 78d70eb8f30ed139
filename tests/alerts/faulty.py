"""A real SMTP server (aiosmtpd) that fails where it is told to: refuses, defers, is silent or hangs up at any step."""

from __future__ import annotations

import asyncio
import email
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import policy
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

STEPS = ("connect", "ehlo", "mail", "rcpt", "data", "body", "dot", "answered")
"""Where it can fail: before the greeting, at each command, in the middle of the message, between the final dot and its
answer ("dot": the message is kept, "body": it is not), and after the answer."""
FAULTS = ("defer", "refuse", "cut")


@dataclass
class Kept:
    """A message that the server took. `answered`: its 250 was sent."""

    message_id: str
    to: str
    subject: str
    data: bytes
    answered: bool = True
    round: int = 0  # in which its connection began


@dataclass
class Mailserver:
    """`plan` is asked at every step for a fault: "defer", "refuse", "cut", "silence" or "" for none."""

    plan: Callable[[str], str] = lambda _step: ""
    kept: list[Kept] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    transactions: int = 0
    round: int = 0  # set by who plays rounds; a connection belongs to the one it began in
    asking: int = 0  # the round of the connection that `plan` is asked for

    def ids(self) -> list[str]:
        return [message.message_id for message in self.kept]


class FaultyProtocol(SMTP):
    """aiosmtpd's protocol with a fault before each answer."""

    def __init__(self, server: Mailserver, **options: Any) -> None:
        self.server_state, self.round = server, server.round
        super().__init__(_Handler(server), hostname="mail.example", ident="faulty", **options)

    def _cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    async def _fault(self, step: str) -> bool:
        """Whether the step failed, and has been answered."""
        self.server_state.asking = self.round
        fault = self.server_state.plan(step)
        if fault == "cut":
            self._cut()
        elif fault == "silence":
            await asyncio.sleep(30)
        elif fault == "defer":
            await self.push(f"451 4.3.0 try again later ({step})")
        elif fault == "refuse":
            await self.push(f"550 5.7.0 never ({step})")
        return bool(fault)

    async def _handle_client(self) -> None:
        self.server_state.connections += 1
        if await self._fault("connect"):
            self._cut()
            return
        await super()._handle_client()

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._fault("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_MAIL(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._fault("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._fault("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        if not await self._fault("data"):
            await super().smtp_DATA(arg)


class _Handler:
    def __init__(self, server: Mailserver) -> None:
        self._server = server

    async def handle_DATA(self, protocol: FaultyProtocol, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        server = self._server
        server.transactions += 1
        server.asking = protocol.round
        fault = server.plan("body")
        if fault:
            if fault in ("cut", "silence"):
                protocol._cut()
                return "421 gone"
            return "451 4.3.0 try again later (body)" if fault == "defer" else "554 5.6.0 never (body)"
        data = bytes(envelope.content or b"")
        parsed = email.message_from_bytes(data, policy=policy.default)
        kept = Kept(str(parsed["Message-ID"]), envelope.rcpt_tos[0], str(parsed["Subject"]), data, round=protocol.round)
        server.kept.append(kept)
        if server.plan("dot") in ("cut", "silence"):
            kept.answered = False
            protocol._cut()
            return "250 not heard"
        if server.plan("answered") == "cut":
            await protocol.push("250 2.0.0 taken")
            assert protocol.transport is not None
            protocol.transport.close()
            return "250 not heard"
        return "250 2.0.0 taken"


@contextmanager
def serving(server: Mailserver, **options: Any) -> Iterator[Mailserver]:
    """The server on a free loopback port, in a thread of its own."""
    loop = asyncio.new_event_loop()
    ready = threading.Event()
    holder: dict[str, Any] = {}

    def run() -> None:
        asyncio.set_event_loop(loop)
        tls = options.pop("implicit_tls", None)
        holder["server"] = loop.run_until_complete(
            loop.create_server(lambda: FaultyProtocol(server, loop=loop, **options), "127.0.0.1", 0, ssl=tls)
        )
        server.port = holder["server"].sockets[0].getsockname()[1]
        ready.set()
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(10)
    try:
        yield server
    finally:

        async def stop() -> None:
            holder["server"].close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            loop.stop()

        asyncio.run_coroutine_threadsafe(stop(), loop)
        thread.join(10)
        loop.close()


def authenticator(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    """Lets in who says "open sesame"."""
    return AuthResult(success=data.password == b"open sesame")


def certificate(folder: Any) -> tuple[ssl.SSLContext, Any]:
    """A server's context for "localhost", and the file of the authority that signed it."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    cert, private = folder / "cert.pem", folder / "key.pem"
    cert.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, private)
    return context, cert
