"""Mail through a server: TLS checked unless switched off, connections used again, every answer read for what it means.

Which answer means what (RFC 5321, 4.2; RFC 3463): 4yz is "later"; 5yz to a recipient or to the message is "never";
5yz to ourselves (greeting, login, sender) is a matter between operator and server, so the mail waits. A connection cut
while the message was under way is the one case in which nobody can know: the mail is sent again under its Message-ID.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass

from aiosmtplib import (
    SMTP,
    SMTPDataError,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from alerts.channels.base import Answer, Outcome
from alerts.render import mail
from alerts.render.message import Message
from tracker.settings import Settings

CONNECTIONS = 4
TIMEOUT = 60.0  # seconds for a command's answer
IDLE = 20.0  # seconds after which a connection is not used again: servers close theirs without a word
MOST = 100  # mails over one connection: many servers refuse more
_GREY = re.compile(r"gr[ea]y|4\.7\.1|try again|temporar|retry", re.IGNORECASE)


def make(settings: Settings) -> Smtp:
    """The channel."""
    return Smtp(settings)


@dataclass(slots=True)
class _Open:
    client: SMTP
    used: float
    mails: int = 0


class Smtp:
    """A mail server and up to four connections to it."""

    def __init__(self, settings: Settings, *, timeout: float = TIMEOUT) -> None:
        self._settings, self._timeout = settings, timeout
        self._free: list[_Open] = []
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def send(self, message: Message) -> Answer:
        """One attempt."""
        try:
            data = mail.serialized(message, self._settings)
            to = mail.recipient(message.to).addr_spec
            to.encode("ascii")
        except UnicodeEncodeError:
            return Answer(Outcome.REFUSED, None, "an address with letters beyond ASCII before the @ is not supported")
        except ValueError as error:
            return Answer(Outcome.REFUSED, None, str(error))
        async with self._slots:
            return await self._attempt(to, data)

    async def _attempt(self, to: str, data: bytes) -> Answer:
        try:
            connection = await self._connected()
        except (SMTPException, OSError) as error:
            return _unreached(error)
        keep = False
        try:
            answer = await _hand_over(connection.client, mail.sender(self._settings).addr_spec, to, data)
            connection.mails += 1
            keep = answer.code is not None and answer.code != 421 and connection.client.is_connected
        finally:
            await self._give_back(connection, keep=keep)
        return answer

    async def _connected(self) -> _Open:
        while self._free:
            known = self._free.pop()
            if time.monotonic() - known.used < IDLE and known.mails < MOST:
                with suppress(SMTPException, OSError):
                    await known.client.rset()  # is it still there? nothing is lost by asking
                    return known
            known.client.close()
        s = self._settings
        client = SMTP(
            hostname=s.smtp_host,
            port=s.smtp_port,
            timeout=self._timeout,
            use_tls=s.smtp_security == "tls",
            start_tls=s.smtp_security == "starttls",
            tls_context=None if s.smtp_security == "none" else ssl.create_default_context(cafile=s.smtp_ca),
            local_hostname=_own_name(),
        )
        await client.connect()
        if s.smtp_user:
            try:
                await client.login(s.smtp_user, s.smtp_password.get_secret_value())
            except BaseException:
                client.close()
                raise
        return _Open(client, time.monotonic())

    async def _give_back(self, connection: _Open, *, keep: bool) -> None:
        if keep:
            connection.used = time.monotonic()
            self._free.append(connection)
        else:
            connection.client.close()

    async def close(self) -> None:
        """Says goodbye on all connections."""
        while self._free:
            client = self._free.pop().client
            with suppress(SMTPException, OSError, TimeoutError):
                await asyncio.wait_for(client.quit(), 5)
            client.close()


async def _hand_over(client: SMTP, sender: str, to: str, data: bytes) -> Answer:
    try:
        await client.mail(sender, options=["BODY=8BITMIME"] if client.supports_extension("8bitmime") else [])
        await client.rcpt(to)
    except SMTPSenderRefused as error:
        return Answer(Outcome.DEFERRED if error.code < 500 else Outcome.FAILED, error.code, _words(error))
    except SMTPRecipientRefused as error:
        return _said_no(error)
    except (SMTPException, OSError) as error:
        return _unreached(error)
    try:
        response = await client.data(data)
    except SMTPDataError as error:
        return _said_no(error)
    except (SMTPServerDisconnected, SMTPTimeoutError, OSError) as error:
        return Answer(Outcome.LOST, None, f"cut off while the message was under way: {error}")
    except SMTPException as error:
        return _unreached(error)
    return Answer(Outcome.ACCEPTED, response.code, response.message)


def _said_no(error: SMTPResponseException) -> Answer:
    words = _words(error)
    if error.code < 500:
        return Answer(Outcome.DEFERRED, error.code, words, slow=error.code in (450, 451) and bool(_GREY.search(words)))
    return Answer(Outcome.REFUSED, error.code, words)


def _unreached(error: Exception) -> Answer:
    if isinstance(error, SMTPResponseException):
        return Answer(Outcome.DEFERRED if 400 <= error.code < 500 else Outcome.FAILED, error.code, _words(error))
    return Answer(Outcome.FAILED, None, f"{type(error).__name__}: {error}")


def _words(error: SMTPResponseException) -> str:
    return " ".join(str(error.message).split())


def _own_name() -> str:
    # Not getfqdn: it asks the name server, which may take its time.
    name = socket.gethostname()
    return name if re.fullmatch(r"[A-Za-z0-9.-]+", name) else "localhost"
