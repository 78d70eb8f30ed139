"""The tables, views and search index of the first release.

Revision ID: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

EXTRA = {
    'sqlite': [
        "CREATE VIRTUAL TABLE passage_fts USING fts5(words, content='passage', content_rowid='id', tokenize='unicode61')",
        'CREATE TRIGGER passage_fts_insert AFTER INSERT ON passage BEGIN INSERT INTO passage_fts(rowid, words) VALUES (new.id, new.words); END',
        "CREATE TRIGGER passage_fts_delete AFTER DELETE ON passage BEGIN INSERT INTO passage_fts(passage_fts, rowid, words) VALUES ('delete', old.id, old.words); END",
        "CREATE TRIGGER passage_fts_update AFTER UPDATE OF words ON passage BEGIN INSERT INTO passage_fts(passage_fts, rowid, words) VALUES ('delete', old.id, old.words); INSERT INTO passage_fts(rowid, words) VALUES (new.id, new.words); END",
        "CREATE VIRTUAL TABLE edit_fts USING fts5(words, content='edit', content_rowid='id', tokenize='unicode61')",
        'CREATE TRIGGER edit_fts_insert AFTER INSERT ON edit BEGIN INSERT INTO edit_fts(rowid, words) VALUES (new.id, new.words); END',
        "CREATE TRIGGER edit_fts_delete AFTER DELETE ON edit BEGIN INSERT INTO edit_fts(edit_fts, rowid, words) VALUES ('delete', old.id, old.words); END",
        "CREATE TRIGGER edit_fts_update AFTER UPDATE OF words ON edit BEGIN INSERT INTO edit_fts(edit_fts, rowid, words) VALUES ('delete', old.id, old.words); INSERT INTO edit_fts(rowid, words) VALUES (new.id, new.words); END",
        "CREATE VIEW change_history AS\nSELECT c.seen_at AS date, c.id AS change_id, c.source_id AS source, s.title AS source_title,\n  s.jurisdiction AS jurisdiction, c.document_id AS document_id,\n  COALESCE(NULLIF(d.title, ''), s.title) AS document, c.tier AS tier, c.state AS state,\n  c.told_at AS told_at, c.confidence AS confidence, json_extract(c.summary, '$.en') AS summary, c.main_area AS main_area,\n  (SELECT group_concat(a.area, ', ') FROM (SELECT * FROM change_area ORDER BY change_id, score DESC, area) a WHERE a.change_id = c.id AND a.kind = 'area')\n    AS areas,\n  (SELECT group_concat(e.old_text, char(10)) FROM (SELECT * FROM edit ORDER BY change_id, position) e WHERE e.change_id = c.id AND e.old_text <> '') AS old_words,\n  (SELECT group_concat(e.new_text, char(10)) FROM (SELECT * FROM edit ORDER BY change_id, position) e WHERE e.change_id = c.id AND e.new_text <> '') AS new_words,\n  o.number AS old_version, n.number AS new_version, c.cluster AS cluster, c.technical AS technical,\n  COALESCE(NULLIF(d.url, ''), s.url) AS link, json_extract(c.reasons, '$[#-1].text') AS reason\nFROM change c JOIN source s ON s.id = c.source_id JOIN document d ON d.id = c.document_id\nLEFT JOIN version o ON o.id = c.old_version_id LEFT JOIN version n ON n.id = c.new_version_id",
        "CREATE VIEW document_timeline AS\nSELECT d.id AS document_id, d.source_id AS source, d.key AS document_key,\n  COALESCE(NULLIF(d.title, ''), s.title) AS document, v.number AS version, v.seen_at AS since,\n  (SELECT MIN(w.seen_at) FROM version w WHERE w.document_id = d.id AND w.number > v.number) AS until,\n  LENGTH(v.text) AS characters, v.text AS text, v.body_hash AS body_hash, v.fingerprint AS fingerprint,\n  v.chain AS chain, v.technical AS technical,\n  (SELECT MIN(c.tier) FROM change c WHERE c.new_version_id = v.id) AS tier\nFROM version v JOIN document d ON d.id = v.document_id JOIN source s ON s.id = d.source_id",
        "CREATE VIEW area_activity AS\nSELECT a.area AS area, strftime('%Y-%m', c.seen_at) AS month, s.jurisdiction AS jurisdiction, c.tier AS tier, COUNT(*) AS changes,\n  SUM(CASE WHEN c.state = 'told' THEN 1 ELSE 0 END) AS told, MAX(c.seen_at) AS latest\nFROM change_area a JOIN change c ON c.id = a.change_id JOIN source s ON s.id = c.source_id\nWHERE a.kind = 'area' AND NOT c.technical\nGROUP BY a.area, strftime('%Y-%m', c.seen_at), s.jurisdiction, c.tier",
        'CREATE VIEW source_health AS\nSELECT s.id AS source, s.title AS title, s.url AS url, s.jurisdiction AS jurisdiction, s.active AS active,\n  s.health AS health, s.health_since AS since, s.failures AS failures, s.last_outcome AS last_outcome,\n  s.last_reason AS last_reason, s.last_check_at AS last_check, s.last_ok_at AS last_ok,\n  s.last_change_at AS last_change, s.next_check_at AS next_check,\n  (SELECT COUNT(*) FROM document d WHERE d.source_id = s.id) AS documents,\n  (SELECT COUNT(*) FROM version v JOIN document d ON d.id = v.document_id WHERE d.source_id = s.id) AS versions\nFROM source s',
        'CREATE VIEW delivery_log AS\nSELECT l.at AS date, u.recipient AS recipient, u.channel AS channel, a.id AS alert_id, a.kind AS kind,\n  a.subject AS subject, a.change_id AS change_id, a.state AS alert_state, l.attempt AS attempt, l.outcome AS outcome,\n  l.code AS code, l.answer AS answer, l.next_at AS next_attempt\nFROM delivery l JOIN alert a ON a.id = l.alert_id JOIN subscription u ON u.id = a.subscription_id',
        "CREATE VIEW passage_history AS\nSELECT p.document_id AS document_id, d.source_id AS source, COALESCE(NULLIF(d.title, ''), s.title) AS document,\n  p.eid AS eid, p.text AS text, p.first_at AS since, p.gone_at AS until, p.first_version AS first_version,\n  p.last_version AS last_version\nFROM passage p JOIN document d ON d.id = p.document_id JOIN source s ON s.id = d.source_id",
        "CREATE VIEW change_dates AS\nSELECT x.date AS date, x.kind AS kind, x.text AS text, x.governs AS governs, x.change_id AS change_id,\n  c.source_id AS source, COALESCE(NULLIF(d.title, ''), s.title) AS document, c.seen_at AS seen, c.state AS state,\n  COALESCE(NULLIF(d.url, ''), s.url) AS link\nFROM deadline x JOIN change c ON c.id = x.change_id JOIN document d ON d.id = c.document_id\nJOIN source s ON s.id = c.source_id WHERE NOT c.technical",
    ],
    'postgresql': [
        "CREATE INDEX ix_passage_words ON passage USING gin (to_tsvector('simple', words))",
        "CREATE INDEX ix_edit_words ON edit USING gin (to_tsvector('simple', words))",
        "CREATE VIEW change_history AS\nSELECT c.seen_at AS date, c.id AS change_id, c.source_id AS source, s.title AS source_title,\n  s.jurisdiction AS jurisdiction, c.document_id AS document_id,\n  COALESCE(NULLIF(d.title, ''), s.title) AS document, c.tier AS tier, c.state AS state,\n  c.told_at AS told_at, c.confidence AS confidence, c.summary ->> 'en' AS summary, c.main_area AS main_area,\n  (SELECT string_agg(a.area, ', ' ORDER BY a.score DESC, a.area) FROM change_area a WHERE a.change_id = c.id AND a.kind = 'area')\n    AS areas,\n  (SELECT string_agg(e.old_text, E'\\n' ORDER BY e.position) FROM edit e WHERE e.change_id = c.id AND e.old_text <> '') AS old_words,\n  (SELECT string_agg(e.new_text, E'\\n' ORDER BY e.position) FROM edit e WHERE e.change_id = c.id AND e.new_text <> '') AS new_words,\n  o.number AS old_version, n.number AS new_version, c.cluster AS cluster, c.technical AS technical,\n  COALESCE(NULLIF(d.url, ''), s.url) AS link, c.reasons -> -1 ->> 'text' AS reason\nFROM change c JOIN source s ON s.id = c.source_id JOIN document d ON d.id = c.document_id\nLEFT JOIN version o ON o.id = c.old_version_id LEFT JOIN version n ON n.id = c.new_version_id",
        "CREATE VIEW document_timeline AS\nSELECT d.id AS document_id, d.source_id AS source, d.key AS document_key,\n  COALESCE(NULLIF(d.title, ''), s.title) AS document, v.number AS version, v.seen_at AS since,\n  (SELECT MIN(w.seen_at) FROM version w WHERE w.document_id = d.id AND w.number > v.number) AS until,\n  LENGTH(v.text) AS characters, v.text AS text, v.body_hash AS body_hash, v.fingerprint AS fingerprint,\n  v.chain AS chain, v.technical AS technical,\n  (SELECT MIN(c.tier) FROM change c WHERE c.new_version_id = v.id) AS tier\nFROM version v JOIN document d ON d.id = v.document_id JOIN source s ON s.id = d.source_id",
        "CREATE VIEW area_activity AS\nSELECT a.area AS area, to_char(c.seen_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, s.jurisdiction AS jurisdiction, c.tier AS tier, COUNT(*) AS changes,\n  SUM(CASE WHEN c.state = 'told' THEN 1 ELSE 0 END) AS told, MAX(c.seen_at) AS latest\nFROM change_area a JOIN change c ON c.id = a.change_id JOIN source s ON s.id = c.source_id\nWHERE a.kind = 'area' AND NOT c.technical\nGROUP BY a.area, to_char(c.seen_at AT TIME ZONE 'UTC', 'YYYY-MM'), s.jurisdiction, c.tier",
        'CREATE VIEW source_health AS\nSELECT s.id AS source, s.title AS title, s.url AS url, s.jurisdiction AS jurisdiction, s.active AS active,\n  s.health AS health, s.health_since AS since, s.failures AS failures, s.last_outcome AS last_outcome,\n  s.last_reason AS last_reason, s.last_check_at AS last_check, s.last_ok_at AS last_ok,\n  s.last_change_at AS last_change, s.next_check_at AS next_check,\n  (SELECT COUNT(*) FROM document d WHERE d.source_id = s.id) AS documents,\n  (SELECT COUNT(*) FROM version v JOIN document d ON d.id = v.document_id WHERE d.source_id = s.id) AS versions\nFROM source s',
        'CREATE VIEW delivery_log AS\nSELECT l.at AS date, u.recipient AS recipient, u.channel AS channel, a.id AS alert_id, a.kind AS kind,\n  a.subject AS subject, a.change_id AS change_id, a.state AS alert_state, l.attempt AS attempt, l.outcome AS outcome,\n  l.code AS code, l.answer AS answer, l.next_at AS next_attempt\nFROM delivery l JOIN alert a ON a.id = l.alert_id JOIN subscription u ON u.id = a.subscription_id',
        "CREATE VIEW passage_history AS\nSELECT p.document_id AS document_id, d.source_id AS source, COALESCE(NULLIF(d.title, ''), s.title) AS document,\n  p.eid AS eid, p.text AS text, p.first_at AS since, p.gone_at AS until, p.first_version AS first_version,\n  p.last_version AS last_version\nFROM passage p JOIN document d ON d.id = p.document_id JOIN source s ON s.id = d.source_id",
        "CREATE VIEW change_dates AS\nSELECT x.date AS date, x.kind AS kind, x.text AS text, x.governs AS governs, x.change_id AS change_id,\n  c.source_id AS source, COALESCE(NULLIF(d.title, ''), s.title) AS document, c.seen_at AS seen, c.state AS state,\n  COALESCE(NULLIF(d.url, ''), s.url) AS link\nFROM deadline x JOIN change c ON c.id = x.change_id JOIN document d ON d.id = c.document_id\nJOIN source s ON s.id = c.source_id WHERE NOT c.technical",
    ],
}


def upgrade() -> None:
    op.create_table('body',
    sa.Column('hash', sa.String(length=64), nullable=False),
    sa.Column('media_type', sa.String(length=120), nullable=False),
    sa.Column('charset', sa.String(length=40), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('data', sa.LargeBinary(), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('hash', name=op.f('pk_body'))
    )
    op.create_table('checkpoint',
    sa.Column('day', sa.String(length=10), nullable=False),
    sa.Column('root', sa.String(length=64), nullable=False),
    sa.Column('documents', sa.Integer(), nullable=False),
    sa.Column('versions', sa.Integer(), nullable=False),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('last_version_id', sa.BigInteger(), nullable=False),
    sa.Column('previous', sa.String(length=64), nullable=False),
    sa.Column('signature', sa.String(length=128), nullable=False),
    sa.Column('public_key', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('day', name=op.f('pk_checkpoint'))
    )
    op.create_table('event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uid', sa.String(length=36), nullable=False),
    sa.Column('type', sa.String(length=48), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('source_id', sa.String(length=80), nullable=True),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('change_id', sa.String(length=32), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_event')),
    sa.UniqueConstraint('uid', name=op.f('uq_event_uid'))
    )
    op.create_index(op.f('ix_event_at'), 'event', ['at'], unique=False)
    op.create_index(op.f('ix_event_change_id'), 'event', ['change_id'], unique=False)
    op.create_index(op.f('ix_event_source_id'), 'event', ['source_id'], unique=False)
    op.create_index(op.f('ix_event_type'), 'event', ['type'], unique=False)
    op.create_table('host_turn',
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('taken_by', sa.String(length=120), nullable=False),
    sa.Column('taken_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('free_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_host_turn'))
    )
    op.create_table('source',
    sa.Column('id', sa.String(length=80), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('host', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=True),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('jurisdiction', sa.String(length=16), nullable=False),
    sa.Column('question', sa.Text(), nullable=False),
    sa.Column('areas', sa.JSON(), nullable=False),
    sa.Column('groups', sa.JSON(), nullable=False),
    sa.Column('config', sa.JSON(), nullable=False),
    sa.Column('schedule', sa.String(length=80), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('health', sa.String(length=16), nullable=False),
    sa.Column('health_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_outcome', sa.String(length=24), nullable=False),
    sa.Column('last_reason', sa.Text(), nullable=False),
    sa.Column('last_check_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_ok_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_change_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_check_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('claimed_by', sa.String(length=80), nullable=False),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('etag', sa.Text(), nullable=False),
    sa.Column('last_modified', sa.Text(), nullable=False),
    sa.Column('last_body', sa.String(length=64), nullable=True),
    sa.Column('learned', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_source'))
    )
    op.create_index(op.f('ix_source_host'), 'source', ['host'], unique=False)
    op.create_index(op.f('ix_source_next_check_at'), 'source', ['next_check_at'], unique=False)
    op.create_index('ix_source_priority_next_check_at', 'source', ['priority', 'next_check_at', 'id'], unique=False)
    op.create_table('subscription',
    sa.Column('id', sa.String(length=64), nullable=False),
    sa.Column('recipient', sa.Text(), nullable=False),
    sa.Column('channel', sa.String(length=24), nullable=False),
    sa.Column('config', sa.JSON(), nullable=False),
    sa.Column('origin', sa.String(length=16), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('confirmed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('disabled_reason', sa.Text(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_digest_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('next_digest_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscription'))
    )
    op.create_index(op.f('ix_subscription_next_digest_at'), 'subscription', ['next_digest_at'], unique=False)
    op.create_index(op.f('ix_subscription_recipient'), 'subscription', ['recipient'], unique=False)
    op.create_table('check',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('source_id', sa.String(length=80), nullable=False),
    sa.Column('started_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('finished_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('final_url', sa.Text(), nullable=False),
    sa.Column('status', sa.Integer(), nullable=True),
    sa.Column('bytes', sa.Integer(), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=True),
    sa.Column('sent', sa.JSON(), nullable=False),
    sa.Column('received', sa.JSON(), nullable=False),
    sa.Column('changes', sa.Integer(), nullable=False),
    sa.Column('glitch', sa.JSON(none_as_null=True), nullable=True),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_check_source_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_check'))
    )
    op.create_index('ix_check_source_id_started_at', 'check', ['source_id', 'started_at'], unique=False)
    op.create_index(op.f('ix_check_started_at'), 'check', ['started_at'], unique=False)
    op.create_table('document',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.String(length=80), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('latest_version', sa.Integer(), nullable=True),
    sa.Column('told_version', sa.Integer(), nullable=True),
    sa.Column('kept_versions', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_document_source_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('source_id', 'key', name=op.f('uq_document_source_id_key'))
    )
    op.create_table('event_todo',
    sa.Column('consumer', sa.String(length=32), nullable=False),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('available_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('taken_by', sa.String(length=80), nullable=False),
    sa.Column('taken_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('error', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['event_id'], ['event.id'], name=op.f('fk_event_todo_event_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('consumer', 'event_id', name=op.f('pk_event_todo'))
    )
    op.create_index('ix_event_todo_due', 'event_todo', ['consumer', 'available_at'], unique=False)
    op.create_table('source_memory',
    sa.Column('scope', sa.String(length=280), nullable=False),
    sa.Column('source_id', sa.String(length=80), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_source_memory_source_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('scope', name=op.f('pk_source_memory'))
    )
    op.create_index(op.f('ix_source_memory_source_id'), 'source_memory', ['source_id'], unique=False)
    op.create_table('passage',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('digest', sa.String(length=32), nullable=False),
    sa.Column('eid', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('first_version', sa.Integer(), nullable=False),
    sa.Column('last_version', sa.Integer(), nullable=True),
    sa.Column('first_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_passage_document_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_passage'))
    )
    op.create_index('ix_passage_document_id_gone_at', 'passage', ['document_id', 'gone_at'], unique=False)
    op.create_table('version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('body_hash', sa.String(length=64), nullable=False),
    sa.Column('check_id', sa.String(length=32), nullable=True),
    sa.Column('fingerprint', sa.String(length=64), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('blocks', sa.LargeBinary(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kept', sa.Float(), nullable=False),
    sa.Column('accounting', sa.JSON(), nullable=False),
    sa.Column('areas', sa.JSON(), nullable=False),
    sa.Column('technical', sa.Boolean(), nullable=False),
    sa.Column('chain', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['body_hash'], ['body.hash'], name=op.f('fk_version_body_hash')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_version_document_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_version')),
    sa.UniqueConstraint('document_id', 'number', name=op.f('uq_version_document_id_number'))
    )
    op.create_index(op.f('ix_version_seen_at'), 'version', ['seen_at'], unique=False)
    op.create_table('blame',
    sa.Column('version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('numbers', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['version_id'], ['version.id'], name=op.f('fk_blame_version_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('version_id', name=op.f('pk_blame'))
    )
    op.create_table('change',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('source_id', sa.String(length=80), nullable=False),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('old_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('new_version_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('confirm_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('tier', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('confidence', sa.Float(), nullable=False),
    sa.Column('reasons', sa.JSON(), nullable=False),
    sa.Column('summary', sa.JSON(), nullable=False),
    sa.Column('headline', sa.JSON(), nullable=False),
    sa.Column('references', sa.JSON(), nullable=False),
    sa.Column('deadlines', sa.JSON(), nullable=False),
    sa.Column('cluster', sa.String(length=64), nullable=True),
    sa.Column('cluster_keys', sa.JSON(), nullable=False),
    sa.Column('main_area', sa.String(length=64), nullable=True),
    sa.Column('language', sa.String(length=16), nullable=False),
    sa.Column('technical', sa.Boolean(), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seal', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_change_document_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['new_version_id'], ['version.id'], name=op.f('fk_change_new_version_id')),
    sa.ForeignKeyConstraint(['old_version_id'], ['version.id'], name=op.f('fk_change_old_version_id')),
    sa.ForeignKeyConstraint(['source_id'], ['source.id'], name=op.f('fk_change_source_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_change'))
    )
    op.create_index(op.f('ix_change_cluster'), 'change', ['cluster'], unique=False)
    op.create_index('ix_change_document_id_seen_at', 'change', ['document_id', 'seen_at'], unique=False)
    op.create_index('ix_change_seen_at_id', 'change', ['seen_at', 'id'], unique=False)
    op.create_index(op.f('ix_change_source_id'), 'change', ['source_id'], unique=False)
    op.create_index('ix_change_state_seen_at', 'change', ['state', 'seen_at', 'id'], unique=False)
    op.create_index('ix_change_tier_seen_at', 'change', ['tier', 'seen_at', 'id'], unique=False)
    op.create_index(op.f('ix_change_told_at'), 'change', ['told_at'], unique=False)
    op.create_table('alert',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('subscription_id', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('change_id', sa.String(length=32), nullable=True),
    sa.Column('cluster', sa.String(length=64), nullable=True),
    sa.Column('digest_id', sa.String(length=32), nullable=True),
    sa.Column('event_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('data', sa.JSON(), nullable=False),
    sa.Column('subject', sa.Text(), nullable=False),
    sa.Column('message_id', sa.Text(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('taken_by', sa.String(length=80), nullable=False),
    sa.Column('taken_until', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], name=op.f('fk_alert_change_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscription.id'], name=op.f('fk_alert_subscription_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_alert'))
    )
    op.create_index(op.f('ix_alert_change_id'), 'alert', ['change_id'], unique=False)
    op.create_index(op.f('ix_alert_cluster'), 'alert', ['cluster'], unique=False)
    op.create_index(op.f('ix_alert_created_at'), 'alert', ['created_at'], unique=False)
    op.create_index(op.f('ix_alert_digest_id'), 'alert', ['digest_id'], unique=False)
    op.create_index('ix_alert_state_due_at', 'alert', ['state', 'due_at'], unique=False)
    op.create_index(op.f('ix_alert_subscription_id'), 'alert', ['subscription_id'], unique=False)
    op.create_table('change_area',
    sa.Column('change_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('area', sa.String(length=64), nullable=False),
    sa.Column('score', sa.Float(), nullable=False),
    sa.Column('main', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], name=op.f('fk_change_area_change_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('change_id', 'kind', 'area', name=op.f('pk_change_area'))
    )
    op.create_index('ix_change_area_kind_area', 'change_area', ['kind', 'area'], unique=False)
    op.create_table('deadline',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.String(length=32), nullable=False),
    sa.Column('date', sa.String(length=10), nullable=False),
    sa.Column('kind', sa.String(length=24), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('governs', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], name=op.f('fk_deadline_change_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline'))
    )
    op.create_index(op.f('ix_deadline_change_id'), 'deadline', ['change_id'], unique=False)
    op.create_index(op.f('ix_deadline_date'), 'deadline', ['date'], unique=False)
    op.create_table('edit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('path', sa.Text(), nullable=False),
    sa.Column('eid', sa.Text(), nullable=False),
    sa.Column('old_path', sa.Text(), nullable=False),
    sa.Column('old_at', sa.Integer(), nullable=False),
    sa.Column('new_at', sa.Integer(), nullable=False),
    sa.Column('old_count', sa.Integer(), nullable=False),
    sa.Column('new_count', sa.Integer(), nullable=False),
    sa.Column('old_text', sa.Text(), nullable=False),
    sa.Column('new_text', sa.Text(), nullable=False),
    sa.Column('spans', sa.JSON(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], name=op.f('fk_edit_change_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_edit')),
    sa.UniqueConstraint('change_id', 'position', name=op.f('uq_edit_change_id_position'))
    )
    op.create_table('evidence',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.String(length=32), nullable=False),
    sa.Column('area', sa.String(length=64), nullable=False),
    sa.Column('edit_position', sa.Integer(), nullable=False),
    sa.Column('side', sa.String(length=3), nullable=False),
    sa.Column('start', sa.Integer(), nullable=False),
    sa.Column('end', sa.Integer(), nullable=False),
    sa.Column('weight', sa.Float(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], name=op.f('fk_evidence_change_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_evidence'))
    )
    op.create_index(op.f('ix_evidence_change_id'), 'evidence', ['change_id'], unique=False)
    op.create_table('feedback',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change_id', sa.String(length=32), nullable=False),
    sa.Column('tier', sa.String(length=16), nullable=False),
    sa.Column('area', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('by', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['change_id'], ['change.id'], name=op.f('fk_feedback_change_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feedback'))
    )
    op.create_index(op.f('ix_feedback_change_id'), 'feedback', ['change_id'], unique=False)
    op.create_table('delivery',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('alert_id', sa.String(length=32), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=16), nullable=False),
    sa.Column('code', sa.Integer(), nullable=True),
    sa.Column('answer', sa.Text(), nullable=False),
    sa.Column('next_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['alert_id'], ['alert.id'], name=op.f('fk_delivery_alert_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_delivery'))
    )
    op.create_index(op.f('ix_delivery_alert_id'), 'delivery', ['alert_id'], unique=False)
    for statement in EXTRA[op.get_bind().dialect.name]:
        op.execute(sa.text(statement.replace(":", "\\:")))


def downgrade() -> None:
    for name in ('change_history', 'document_timeline', 'area_activity', 'source_health', 'delivery_log', 'passage_history', 'change_dates'):
        op.execute("DROP VIEW " + name)
    if op.get_bind().dialect.name == "sqlite":
        for table in ('passage', 'edit'):
            for name in ("insert", "delete", "update"):
                op.execute("DROP TRIGGER " + table + "_fts_" + name)
            op.execute("DROP TABLE " + table + "_fts")
    else:
        for table in ('passage', 'edit'):
            op.execute("DROP INDEX ix_" + table + "_words")
    op.drop_index(op.f('ix_delivery_alert_id'), table_name='delivery')
    op.drop_table('delivery')
    op.drop_index(op.f('ix_feedback_change_id'), table_name='feedback')
    op.drop_table('feedback')
    op.drop_index(op.f('ix_evidence_change_id'), table_name='evidence')
    op.drop_table('evidence')
    op.drop_table('edit')
    op.drop_index(op.f('ix_deadline_date'), table_name='deadline')
    op.drop_index(op.f('ix_deadline_change_id'), table_name='deadline')
    op.drop_table('deadline')
    op.drop_index('ix_change_area_kind_area', table_name='change_area')
    op.drop_table('change_area')
    op.drop_index(op.f('ix_alert_subscription_id'), table_name='alert')
    op.drop_index('ix_alert_state_due_at', table_name='alert')
    op.drop_index(op.f('ix_alert_digest_id'), table_name='alert')
    op.drop_index(op.f('ix_alert_created_at'), table_name='alert')
    op.drop_index(op.f('ix_alert_cluster'), table_name='alert')
    op.drop_index(op.f('ix_alert_change_id'), table_name='alert')
    op.drop_table('alert')
    op.drop_index(op.f('ix_change_told_at'), table_name='change')
    op.drop_index('ix_change_tier_seen_at', table_name='change')
    op.drop_index('ix_change_state_seen_at', table_name='change')
    op.drop_index(op.f('ix_change_source_id'), table_name='change')
    op.drop_index('ix_change_seen_at_id', table_name='change')
    op.drop_index('ix_change_document_id_seen_at', table_name='change')
    op.drop_index(op.f('ix_change_cluster'), table_name='change')
    op.drop_table('change')
    op.drop_table('blame')
    op.drop_index(op.f('ix_version_seen_at'), table_name='version')
    op.drop_table('version')
    op.drop_index('ix_passage_document_id_gone_at', table_name='passage')
    op.drop_table('passage')
    op.drop_index(op.f('ix_source_memory_source_id'), table_name='source_memory')
    op.drop_table('source_memory')
    op.drop_index('ix_event_todo_due', table_name='event_todo')
    op.drop_table('event_todo')
    op.drop_table('document')
    op.drop_index(op.f('ix_check_started_at'), table_name='check')
    op.drop_index('ix_check_source_id_started_at', table_name='check')
    op.drop_table('check')
    op.drop_index(op.f('ix_subscription_recipient'), table_name='subscription')
    op.drop_index(op.f('ix_subscription_next_digest_at'), table_name='subscription')
    op.drop_table('subscription')
    op.drop_index('ix_source_priority_next_check_at', table_name='source')
    op.drop_index(op.f('ix_source_next_check_at'), table_name='source')
    op.drop_index(op.f('ix_source_host'), table_name='source')
    op.drop_table('source')
    op.drop_table('host_turn')
    op.drop_index(op.f('ix_event_type'), table_name='event')
    op.drop_index(op.f('ix_event_source_id'), table_name='event')
    op.drop_index(op.f('ix_event_change_id'), table_name='event')
    op.drop_index(op.f('ix_event_at'), table_name='event')
    op.drop_table('event')
    op.drop_table('checkpoint')
    op.drop_table('body')
