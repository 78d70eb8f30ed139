# ruff: noqa: S608 - put together from constants of this module alone
"""The SQL views: a contract for people who look with any SQL tool. Columns are added, never renamed or removed."""

from __future__ import annotations

NAMES = (
    "change_history", "document_timeline", "area_activity", "source_health", "delivery_log", "passage_history",
    "change_dates",
)  # fmt: skip


def create(dialect: str) -> list[str]:
    """The statements that make the views on "sqlite" or "postgresql"."""
    sqlite = dialect == "sqlite"

    def joined(value: str, order: str) -> str:
        if sqlite:
            return f"group_concat({value}, ', ')"
        return f"string_agg({value}, ', ' ORDER BY {order})"

    def lines(value: str) -> str:
        return f"group_concat({value}, char(10))" if sqlite else f"string_agg({value}, E'\\n' ORDER BY e.position)"

    summary = "json_extract(c.summary, '$.en')" if sqlite else "c.summary ->> 'en'"
    reason = "json_extract(c.reasons, '$[#-1].text')" if sqlite else "c.reasons -> -1 ->> 'text'"
    month = "strftime('%Y-%m', c.seen_at)" if sqlite else "to_char(c.seen_at AT TIME ZONE 'UTC', 'YYYY-MM')"
    # SQLite's group_concat takes its rows in the order of the subquery.
    edits = "(SELECT * FROM edit ORDER BY change_id, position)" if sqlite else "edit"
    areas = "(SELECT * FROM change_area ORDER BY change_id, score DESC, area)" if sqlite else "change_area"
    return [
        f"""CREATE VIEW change_history AS
SELECT c.seen_at AS date, c.id AS change_id, c.source_id AS source, s.title AS source_title,
  s.jurisdiction AS jurisdiction, c.document_id AS document_id,
  COALESCE(NULLIF(d.title, ''), s.title) AS document, c.tier AS tier, c.state AS state,
  c.told_at AS told_at, c.confidence AS confidence, {summary} AS summary, c.main_area AS main_area,
  (SELECT {joined("a.area", "a.score DESC, a.area")} FROM {areas} a WHERE a.change_id = c.id AND a.kind = 'area')
    AS areas,
  (SELECT {lines("e.old_text")} FROM {edits} e WHERE e.change_id = c.id AND e.old_text <> '') AS old_words,
  (SELECT {lines("e.new_text")} FROM {edits} e WHERE e.change_id = c.id AND e.new_text <> '') AS new_words,
  o.number AS old_version, n.number AS new_version, c.cluster AS cluster, c.technical AS technical,
  COALESCE(NULLIF(d.url, ''), s.url) AS link, {reason} AS reason
FROM change c JOIN source s ON s.id = c.source_id JOIN document d ON d.id = c.document_id
LEFT JOIN version o ON o.id = c.old_version_id LEFT JOIN version n ON n.id = c.new_version_id""",
        """CREATE VIEW document_timeline AS
SELECT d.id AS document_id, d.source_id AS source, d.key AS document_key,
  COALESCE(NULLIF(d.title, ''), s.title) AS document, v.number AS version, v.seen_at AS since,
  (SELECT MIN(w.seen_at) FROM version w WHERE w.document_id = d.id AND w.number > v.number) AS until,
  LENGTH(v.text) AS characters, v.text AS text, v.body_hash AS body_hash, v.fingerprint AS fingerprint,
  v.chain AS chain, v.technical AS technical,
  (SELECT MIN(c.tier) FROM change c WHERE c.new_version_id = v.id) AS tier
FROM version v JOIN document d ON d.id = v.document_id JOIN source s ON s.id = d.source_id""",
        f"""CREATE VIEW area_activity AS
SELECT a.area AS area, {month} AS month, s.jurisdiction AS jurisdiction, c.tier AS tier, COUNT(*) AS changes,
  SUM(CASE WHEN c.state = 'told' THEN 1 ELSE 0 END) AS told, MAX(c.seen_at) AS latest
FROM change_area a JOIN change c ON c.id = a.change_id JOIN source s ON s.id = c.source_id
WHERE a.kind = 'area' AND NOT c.technical
GROUP BY a.area, {month}, s.jurisdiction, c.tier""",
        """CREATE VIEW source_health AS
SELECT s.id AS source, s.title AS title, s.url AS url, s.jurisdiction AS jurisdiction, s.active AS active,
  s.health AS health, s.health_since AS since, s.failures AS failures, s.last_outcome AS last_outcome,
  s.last_reason AS last_reason, s.last_check_at AS last_check, s.last_ok_at AS last_ok,
  s.last_change_at AS last_change, s.next_check_at AS next_check,
  (SELECT COUNT(*) FROM document d WHERE d.source_id = s.id) AS documents,
  (SELECT COUNT(*) FROM version v JOIN document d ON d.id = v.document_id WHERE d.source_id = s.id) AS versions
FROM source s""",
        """CREATE VIEW delivery_log AS
SELECT l.at AS date, u.recipient AS recipient, u.channel AS channel, a.id AS alert_id, a.kind AS kind,
  a.subject AS subject, a.change_id AS change_id, a.state AS alert_state, l.attempt AS attempt, l.outcome AS outcome,
  l.code AS code, l.answer AS answer, l.next_at AS next_attempt
FROM delivery l JOIN alert a ON a.id = l.alert_id JOIN subscription u ON u.id = a.subscription_id""",
        """CREATE VIEW passage_history AS
SELECT p.document_id AS document_id, d.source_id AS source, COALESCE(NULLIF(d.title, ''), s.title) AS document,
  p.eid AS eid, p.text AS text, p.first_at AS since, p.gone_at AS until, p.first_version AS first_version,
  p.last_version AS last_version
FROM passage p JOIN document d ON d.id = p.document_id JOIN source s ON s.id = d.source_id""",
        """CREATE VIEW change_dates AS
SELECT x.date AS date, x.kind AS kind, x.text AS text, x.governs AS governs, x.change_id AS change_id,
  c.source_id AS source, COALESCE(NULLIF(d.title, ''), s.title) AS document, c.seen_at AS seen, c.state AS state,
  COALESCE(NULLIF(d.url, ''), s.url) AS link
FROM deadline x JOIN change c ON c.id = x.change_id JOIN document d ON d.id = c.document_id
JOIN source s ON s.id = c.source_id WHERE NOT c.technical""",
    ]
