"""What may stand in sources.yaml, as pydantic models. Their JSON Schema is what editors complete from."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from tracker.catalogue import timing
from tracker.model import Tier

INTERVAL = re.compile(r"^(\d+)\s*(m|h|d|w)$")
SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
ADDRESS = re.compile(r"^[^@\s<>,;\"]+@[^@\s<>,;\"]+$")
WHEN = re.compile(r"^(immediate|daily \d{1,2}:\d{2}( \S+)?|weekly (mon|tue|wed|thu|fri|sat|sun) \d{1,2}:\d{2}( \S+)?)$")
KEPT = re.compile(r"^(all|changes|\d+\s*[dwmy])$")
HOURS = re.compile(r"^([01]?\d|2[0-3]):[0-5]\d-([01]?\d|2[0-3]):[0-5]\d( \S+)?$")

Identifier = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", max_length=80)]
KindName = Literal["page", "pdf", "feed", "listing", "json", "sitemap", "legal", "text"]


def interval(text: str) -> int:
    """Seconds of "15m", "6h", "2d", "1w". Raises ValueError that says what would be right."""
    match = INTERVAL.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not an interval: write a number and a unit, like 30m, 6h, 1d or 1w; or auto")
    seconds = int(match[1]) * SECONDS[match[2]]
    if seconds < 60:
        raise ValueError(f"{text!r} is shorter than a minute: hosts would not like it; 1m is the least")
    return seconds


def _zone(name: str) -> None:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(f"{name!r} is not a time zone: write one like Europe/Paris, Asia/Shanghai or UTC") from error


class Strict(BaseModel):
    """Unknown keys are mistakes, not decoration."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class FollowEntry(Strict):
    """How far links of entries are followed."""

    depth: int = Field(1, ge=0, le=3, description="1 reads the pages that entries link to")
    limit: int = Field(20, ge=1, le=500, description="Pages read in one visit at most")
    match: str = Field("", description="Only links whose address contains this")


class Timing(Strict):
    """When a source is visited."""

    every: str | None = Field(None, description="Interval (30m, 6h, 1d) or auto: learned from how often it changes")
    cron: str | None = Field(None, description="Five fields: minute hour day month weekday")
    window: str = Field("", description="Only between these hours: 06:00-22:00 Europe/Paris")

    @field_validator("every")
    @classmethod
    def _every(cls, value: str | None) -> str | None:
        if value is not None and value != "auto":
            interval(value)
        return value

    @field_validator("cron")
    @classmethod
    def _cron(cls, value: str | None) -> str | None:
        if value is not None:
            timing.parse(f"cron {value}")
        return value

    @field_validator("window")
    @classmethod
    def _window(cls, value: str) -> str:
        if value and not HOURS.match(value):
            raise ValueError(f"{value!r} is not a window: write 06:00-22:00, or 06:00-22:00 Europe/Paris")
        if " " in value:
            _zone(value.split(" ", 1)[1])
        return value

    @model_validator(mode="after")
    def _one(self) -> Timing:
        if self.every and self.cron:
            raise ValueError("`every` and `cron` exclude each other: keep one")
        return self


def _kept(value: str) -> str:
    if not KEPT.match(value.strip()):
        raise ValueError(f"{value!r} says not which bodies are kept: write all, changes, or a period such as 90d or 2y")
    return value


class SourceEntry(Timing):
    """One source."""

    id: Identifier = Field(description="Unique; small letters, digits and hyphens")
    url: str = Field(description="http or https address")
    title: str = ""
    kind: KindName | None = Field(None, description="Left out: found by itself")
    language: str = Field("", pattern=r"^([a-z]{2,3}(-[A-Za-z0-9]+)*)?$")
    jurisdiction: str = Field("", max_length=16, description="CN, EU, FR, US-CA, UN, INT …")
    areas: list[str] = Field(default_factory=list, description="Prior areas: they break ties only; [all] for every one")
    question: str = Field("", description="What the reader wants to know from this source; repeated in alerts")
    watch_for: list[str] = Field(default_factory=list, description="Words that a reader waits for")
    affects: list[str] = Field(default_factory=list, description="What of yours a change would touch")
    select: list[str] = Field(default_factory=list, description="CSS selectors of the document, where it is not found")
    remove: list[str] = Field(default_factory=list, description="CSS selectors of what does not belong to it")
    render: bool = Field(False, description="Read it through a browser (extra: browser)")
    robots: Literal["obey", "ignore"] = "obey"
    headers: dict[str, str] = Field(default_factory=dict)
    follow: FollowEntry | None = None
    scraper: str = Field("", description="Name of a custom scraper (entry point tracker.scrapers)")
    items: dict[str, str] = Field(
        default_factory=dict, description="Selectors or JMESPath: items, title, url, date, key"
    )
    keep: str = Field("all", description="Bodies kept: all, changes, or a period such as 2y")
    active: bool = True

    _keep = field_validator("keep")(_kept)

    @field_validator("url")
    @classmethod
    def _url(cls, value: str) -> str:
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError as error:
            raise ValueError(f"{value!r} is not an address ({error}): write https://host/path") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{value!r} is not a web address: write https://host/path")
        if parts.username or parts.password:
            raise ValueError(
                "an address with a user name or password in it: put credentials into headers by a variable"
            )
        return value

    @field_validator("select", "remove", "watch_for", "affects", "areas", mode="before")
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class Defaults(Timing):
    """What holds for every source that does not say otherwise."""

    language: str = ""
    jurisdiction: str = ""
    robots: Literal["obey", "ignore"] = "obey"
    keep: str = "all"
    headers: dict[str, str] = Field(default_factory=dict)

    _keep = field_validator("keep")(_kept)


class SubscriptionEntry(Strict):
    """Who wants what. Empty filters mean everything; several must all hold, values of one are alternatives."""

    to: str = Field(description="Mail address, webhook address, or an Apprise address")
    id: str = Field("", max_length=64, description="Left out: made from the rest; give one to keep it through edits")
    channel: str = Field("", description="email, webhook, apprise; left out: by the address")
    areas: list[str] = Field(default_factory=list)
    principles: list[str] = Field(default_factory=list)
    themes: list[str] = Field(default_factory=list)
    sources: list[str] = Field(default_factory=list)
    groups: list[str] = Field(default_factory=list)
    jurisdictions: list[str] = Field(default_factory=list)
    languages: list[str] = Field(default_factory=list, description="Languages of the documents")
    words: list[str] = Field(default_factory=list, description="Words or phrases in the changed text")
    watch_for: list[str] = Field(default_factory=list)
    affects: list[str] = Field(default_factory=list)
    min_tier: Literal["substantive", "editorial"] = "substantive"
    when: str = Field("immediate", description="immediate, daily 07:00 Europe/Paris, weekly mon 07:00")
    quiet: str = Field("", description="No immediate alerts in these hours: 22:00-06:00")
    language: Literal["en", "fr", "zh"] = "en"
    timezone: str = "UTC"
    operator: bool = Field(False, description="Gets notices about failing sources and the like")
    silence_explained: bool = Field(False, description="A digest that has nothing to tell says so")
    attach: list[Literal["ics", "redline"]] = Field(
        default=["ics"], description="Files with a mail: dates as a calendar, the whole redline as text"
    )

    @field_validator("areas", "principles", "themes", "sources", "groups", "jurisdictions", "languages", "words",
                     "watch_for", "affects", "attach", mode="before")  # fmt: skip
    @classmethod
    def _one_is_a_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("to")
    @classmethod
    def _to(cls, value: str) -> str:
        if "://" not in value and not ADDRESS.match(value):
            raise ValueError(f"{value!r} is no recipient: write name@example.org, or an https:// address for a webhook")
        return value

    @field_validator("when")
    @classmethod
    def _when(cls, value: str) -> str:
        if not WHEN.match(value):
            raise ValueError(f"{value!r}: write immediate, daily 07:00, daily 07:00 Europe/Paris or weekly mon 07:00")
        for part in value.split():
            if ":" in part and (int(part.split(":")[0]) > 23 or int(part.split(":")[1]) > 59):
                raise ValueError(f"{part!r} is no time of day: 00:00 to 23:59")
        last = value.split()[-1]
        if "/" in last or last == "UTC":
            _zone(last)
        return value

    @field_validator("quiet")
    @classmethod
    def _quiet(cls, value: str) -> str:
        if value and not HOURS.match(value):
            raise ValueError(f"{value!r} are no quiet hours: write 22:00-06:00")
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        _zone(value)
        return value

    @property
    def tier(self) -> Tier:
        """The least tier told."""
        return Tier(self.min_tier)


class CatalogueFile(Strict):
    """sources.yaml."""

    defaults: Defaults = Defaults()
    sources: list[SourceEntry] = Field(default_factory=list)
    groups: dict[str, list[str]] = Field(default_factory=dict)
    subscriptions: list[SubscriptionEntry] = Field(default_factory=list)
