"""Settings from the environment (TRACKER_…) or an .env file; every one has a default that works."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


def _networks(value: object) -> object:
    """Networks by commas, each checked, so that a slip of the pen does not open a door nobody looked at."""
    given = [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value
    for network in given if isinstance(given, (list, tuple)) else ():
        ip_network(network, strict=False)
    return given


def _zone(value: str) -> str:
    """A zone that exists: a slip would only show when a mail is written."""
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValueError(f"{value!r} is not a time zone: write one like Europe/Paris, Asia/Shanghai or UTC") from error
    return value


Networks = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_networks)]


class Settings(BaseSettings):
    """What an operator can set. A secret may stand in a file: TRACKER_SECRETS_DIR names a folder whose files are
    named like the settings in lower case (tracker_smtp_password)."""

    model_config = SettingsConfigDict(
        env_prefix="TRACKER_",
        env_file=".env",
        extra="ignore",
        frozen=True,
        secrets_dir=os.environ.get("TRACKER_SECRETS_DIR") or None,
    )

    # Where things are
    data: Path = Field(Path("data"), description="Folder for the SQLite database, the local mailbox and keys")
    sources: Path = Field(Path("sources.yaml"), description="The catalogue")
    database_url: str = Field("", description="SQLAlchemy address; empty: SQLite in the data folder")
    taxonomy: Path | None = Field(None, description="Another taxonomy file instead of the Action Plan's")
    timezone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="Zone in which pages and mails show times unless a reader has their own"
    )

    # Fetching
    contact: str = Field("", description="Address or URL put into the user agent, so that hosts can reach you")
    concurrency: int = Field(16, ge=1, le=256, description="Checks under way at once in one process")
    host_delay: float = Field(2.0, ge=0, description="Seconds between two requests to one host")
    host_concurrency: int = Field(1, ge=1, description="Requests to one host at once")
    timeout: float = Field(60.0, gt=0, description="Seconds a whole request may take")
    max_body: int = Field(25 * 2**20, description="Bytes of a body after decompression")
    max_ratio: float = Field(200.0, description="Decompressed size over received size")
    max_redirects: int = Field(8, ge=0, description="Redirects followed for one address")
    allow_private: Networks = Field(
        (), description="Networks that may be fetched although private, comma-separated CIDR"
    )
    proxy: str = Field("", description="HTTP proxy for all fetching")
    chromium: str = Field("", description="Chromium's path; empty: looked for")
    daily_requests: int = Field(100_000, ge=1, description="Budget of requests a day that `auto` schedules keep to")

    # Checking
    failing_after: int = Field(3, ge=1, description="Failures in a row that make a source failing")
    second_look_hours: float = Field(
        23.0, ge=0, le=23, description="Hours after which a second look decides what is surprising; 0: told at once"
    )
    keep: str = Field("all", description="Bodies kept: all, changes, or a period such as 2y")
    keep_checks: str = Field(
        "400d", description="How long checks that found nothing are kept on record: all, or a period such as 2y"
    )

    # Mail
    smtp_host: str = Field("", description="Empty: mails go into the Maildir under the data folder")
    smtp_port: int = Field(587, ge=1, le=65535, description="The mail server's port")
    smtp_user: str = Field("", description="User at the mail server; empty: none")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the mail server")
    smtp_security: Literal["starttls", "tls", "none"] = Field(
        "starttls", description="starttls, tls (from the first byte) or none"
    )
    smtp_ca: Path | None = Field(None, description="Certificate authority file for the mail server")
    mail_from: str = Field("Regulatory tracker <tracker@localhost>", description="Sender of the mails")
    operator: str = Field("", description="Mail address that is told when something needs doing")
    alerts_per_hour: int = Field(
        20, ge=1, description="Immediate alerts a recipient gets in an hour before they become a digest"
    )

    # Web
    web_host: str = Field("127.0.0.1", description="Address the pages listen on; other than loopback demands a token")
    web_port: int = Field(8000, ge=0, le=65535, description="Port the pages listen on")
    web_token: SecretStr = Field(SecretStr(""), description="Opens the pages and the API to who knows it")
    trusted_proxies: Networks = Field(
        (), description="Networks of proxies whose word on a reader's address is taken, comma-separated CIDR"
    )
    base_url: str = Field("", description="Address under which readers reach the web pages; for links in mails")
    signup: bool = Field(False, description="Let readers subscribe by themselves (double opt-in)")
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs links and sessions; empty: made once in the data folder"
    )

    # Running
    engine: Literal["inline", "queue"] = Field(
        "inline", description="inline: this process; queue: any number of workers"
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged")
    log_json: bool = Field(False, description="Logs as JSON, a line an event")
    dead_man_url: str = Field("", description="Address fetched after every round, so that a monitor notices silence")

    @property
    def database(self) -> str:
        """The database's address: what was set, or SQLite in the data folder."""
        return self.database_url or f"sqlite:///{self.data / 'tracker.db'}"

    @property
    def link_base(self) -> str:
        """The address links in mails start with, without a slash at the end."""
        return (self.base_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")
