"""Numbers for Prometheus. The names are a contract (docs/api.md lists them): they may gain labels, never lose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest
from prometheus_client.core import REGISTRY
from starlette.requests import Request
from starlette.responses import Response

from tracker.model import Health, Outcome
from tracker.store import queries, queries_overview
from tracker.web.site import Site, site_of

router = APIRouter(include_in_schema=False)
GOOD_FOR = 15  # seconds: several monitors that ask at once count rows once


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Prometheus: rows by word, sources, checks, work that waits, alerts; and what other rooms count here."""
    site = site_of(request)
    now = site.clock()
    made = site.kept.get("metrics", int(now.timestamp()) // GOOD_FOR, lambda: _numbers(site, now))
    return Response(made + generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)


def _numbers(site: Site, now: datetime) -> bytes:
    registry = CollectorRegistry()

    def gauge(name: str, about: str, label: str, values: Mapping[str, float]) -> None:
        made = Gauge(name, about, [label], registry=registry)
        for value, number in sorted(values.items()):
            made.labels(value).set(number)

    def one(name: str, about: str, number: float) -> None:
        Gauge(name, about, registry=registry).set(number)

    with site.database.read() as session:
        found = queries_overview.monitored(session, now)
        gauge("tracker_rows", "Rows by the design's words", "word", queries.counts(session))
    gauge(
        "tracker_sources", "Active sources by health", "health", {h.value: found.health.get(h.value, 0) for h in Health}
    )
    one("tracker_sources_due", "Sources that are due now", found.due)
    one("tracker_schedule_lag_seconds", "How long the most overdue source has waited", found.overdue)
    outcomes = {outcome.value: found.outcomes.get(outcome.value, 0) for outcome in Outcome}
    gauge("tracker_checks_day", "Checks of the last 24 hours by outcome", "outcome", outcomes)
    one("tracker_check_seconds_mean", "Mean duration of the checks of the last 24 hours", found.check_seconds[0])
    one("tracker_check_seconds_max", "Longest check of the last 24 hours", found.check_seconds[1])
    waiting = {"alerts": (0, 0.0), **found.waiting}
    gauge("tracker_queue_events", "Events that wait, by consumer", "consumer", {n: c for n, (c, _) in waiting.items()})
    oldest = {name: age for name, (_, age) in waiting.items()}
    gauge("tracker_queue_oldest_seconds", "Age of the oldest event that waits, by consumer", "consumer", oldest)
    states = {state: found.alerts.get(state, 0) for state in ("waiting", "sent", "dead", "folded", "dropped")}
    gauge("tracker_alerts", "Alerts by state", "state", states)
    tried = ("begun", "accepted", "deferred", "refused", "lost", "failed")
    attempts = {outcome: found.deliveries.get(outcome, 0) for outcome in tried}
    gauge("tracker_deliveries_day", "Attempts to deliver of the last 24 hours by outcome", "outcome", attempts)
    return bytes(generate_latest(registry))
