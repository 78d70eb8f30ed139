"""A Maildir (data/mailbox) in place of a mail server: any mail program opens it, and nothing leaves the machine."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from alerts.channels.base import Answer, Outcome
from alerts.render import mail
from alerts.render.message import Message
from tracker.settings import Settings

FOLDER = "mailbox"


def make(settings: Settings) -> Maildir:
    """The channel."""
    return Maildir(settings, settings.data / FOLDER)


class Maildir:
    """Writes mails into a Maildir. The file is named after the alert: a mail written twice is one file."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self._settings, self.folder = settings, folder

    async def send(self, message: Message) -> Answer:
        """Writes one mail."""
        try:
            data = mail.serialized(message, self._settings)
        except ValueError as error:
            return Answer(Outcome.REFUSED, None, str(error))
        try:
            await asyncio.to_thread(self._write, message.id, data)
        except OSError as error:
            return Answer(Outcome.FAILED, None, f"{self.folder}: {error.strerror or error}")
        return Answer(Outcome.ACCEPTED, None, f"written to {self.folder}")

    def _write(self, name: str, data: bytes) -> None:
        for part in ("tmp", "new", "cur"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        if any((self.folder / "cur").glob(f"{name}.tracker*")):  # a mail program has taken it over already
            return
        fresh = self.folder / "tmp" / f"{name}.tracker"
        try:
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(self.folder / "new" / fresh.name)
        except OSError:
            fresh.unlink(missing_ok=True)
            raise

    async def close(self) -> None:
        """Nothing is open."""
