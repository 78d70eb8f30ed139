"""Storm control: a recipient gets so many immediate alerts an hour; what is more comes in one digest.

The cap is the recipient's, over all subscriptions of one address and channel: a reader with three subscriptions has
one mailbox. Alerts are counted by the moment they are due, so that quiet hours do not end in a flood.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tracker.store import tables

WINDOW = timedelta(hours=1)


def full(session: Session, row: tables.Subscription, due: datetime, cap: int) -> bool:
    """Whether one more alert due then would be too many: the recipient has `cap` within the hour before, or a storm's
    digest is being gathered already."""
    if row.next_digest_at is not None:
        return True
    count = session.scalar(
        select(func.count())
        .select_from(tables.Alert)
        .join(tables.Subscription, tables.Subscription.id == tables.Alert.subscription_id)
        .where(
            tables.Subscription.recipient == row.recipient,
            tables.Subscription.channel == row.channel,
            tables.Alert.kind.in_(("change", "notice")),
            tables.Alert.state.in_(("waiting", "sent")),
            tables.Alert.due_at > due - WINDOW,
            tables.Alert.due_at <= due,
        )
    )
    return (count or 0) >= cap


def gather(row: tables.Subscription, due: datetime) -> datetime:
    """Begins to gather: the digest comes an hour later. Gives its moment."""
    if row.next_digest_at is None:
        row.next_digest_at = due + WINDOW
    return row.next_digest_at
