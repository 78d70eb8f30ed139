"""Full-text search over present and past words, Chinese included.

Words are folded (case, accents, width) and runs of Chinese, Japanese and Korean characters cut into overlapping pairs,
so that a query of two characters finds its passage on any database; SQLite's FTS5 and PostgreSQL's tsvector index the
result. Bigram indexing after Nie, Gao, Zhang and Zhou (2000): as good as word segmentation, without a dictionary.
"""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Integer, String, exists, false, func, insert, select, text, update
from sqlalchemy.orm import Session

from tracker import model
from tracker.store.tables import Change, Edit, Moment, Passage

CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
_TOKEN = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_RUN = re.compile(rf"[{CJK}]+")
_QUERY = re.compile(r'"([^"]+)"|(\S+)')
SNIPPET = 320
FEW = 1000  # edits whose changes are named one by one in a statement


def _fts5(table: str) -> tuple[str, ...]:
    """An index over a table's `words` that its triggers keep up to date."""
    fts = f"{table}_fts"
    gone = f"INSERT INTO {fts}({fts}, rowid, words) VALUES ('delete', old.id, old.words); "  # noqa: S608 - our own names
    come = f"INSERT INTO {fts}(rowid, words) VALUES (new.id, new.words); "  # noqa: S608 - the same
    return (
        f"CREATE VIRTUAL TABLE {fts} USING fts5(words, content='{table}', content_rowid='id', tokenize='unicode61')",
        f"CREATE TRIGGER {fts}_insert AFTER INSERT ON {table} BEGIN {come}END",
        f"CREATE TRIGGER {fts}_delete AFTER DELETE ON {table} BEGIN {gone}END",
        f"CREATE TRIGGER {fts}_update AFTER UPDATE OF words ON {table} BEGIN {gone}{come}END",
    )


INDEXED = ("passage", "edit")  # tables whose `words` are searched
SQLITE = tuple(statement for table in INDEXED for statement in _fts5(table))
POSTGRESQL = tuple(
    f"CREATE INDEX ix_{table}_words ON {table} USING gin (to_tsvector('simple', words))" for table in INDEXED
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that holds the words: `snippet` is HTML with <mark> around them, everything else escaped. The words
    stood from `first_at` until `gone_at` (None: they still do). `score` is higher for better ones."""

    document_id: int
    source_id: str
    title: str
    url: str
    jurisdiction: str
    language: str
    eid: str
    text: str
    snippet: str
    first_version: int
    last_version: int | None
    first_at: datetime
    gone_at: datetime | None
    score: float


def fold(words: str) -> str:
    """Case, accents and width folded: what a reader types finds what a page prints."""
    decomposed = unicodedata.normalize("NFKD", words)
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c))).casefold()


def segment(words: str) -> str:
    """The words as they are indexed: folded, by space, characters of East Asian scripts in overlapping pairs and the
    last one of a run alone."""
    out: list[str] = []
    for token in _TOKEN.findall(fold(words)):
        if _RUN.fullmatch(token):
            out.extend(token[i : i + 2] for i in range(len(token)))
        else:
            out.append(token)
    return " ".join(out)


def terms(query: str) -> list[tuple[list[str], bool]]:
    """A query as phrases: (tokens in a row, whether the last may go on). "…" is a phrase; other words find their
    longer forms too."""
    found: list[tuple[list[str], bool]] = []
    for quoted, word in _QUERY.findall(query):
        tokens: list[str] = []
        open_end = not quoted
        for token in _TOKEN.findall(fold(quoted or word)):
            if _RUN.fullmatch(token):
                tokens.extend(token[i : i + 2] for i in range(len(token) - 1) if len(token) > 1)
                if len(token) == 1:
                    tokens.append(token)
                open_end = len(token) == 1
            else:
                tokens.append(token)
                open_end = not quoted and len(token) > 2
        if tokens:
            found.append((tokens, open_end))
    return found[:12]


def _match(phrases: list[tuple[list[str], bool]]) -> str:
    return " AND ".join('"' + " ".join(tokens) + '"' + ("*" if open_end else "") for tokens, open_end in phrases)


def _tsquery(phrases: list[tuple[list[str], bool]]) -> str:
    # Tokens are letters and digits only (_TOKEN), so nothing in them is an operator of tsquery.
    return " & ".join("(" + " <-> ".join(tokens) + (":*" if open_end else "") + ")" for tokens, open_end in phrases)


def changed(session: Session, query: str) -> ColumnElement[bool]:
    """The condition on `change.id` that an edit of it holds all of the query's words; false for none."""
    phrases = terms(query)
    if not phrases:
        return false()
    sqlite = session.get_bind().dialect.name == "sqlite"
    said = _match(phrases) if sqlite else _tsquery(phrases)
    if sqlite:
        inner = "SELECT e.change_id FROM edit_fts f JOIN edit e ON e.id = f.rowid WHERE edit_fts MATCH :changed_words"
    else:
        inner = (
            "SELECT e.change_id FROM edit e "
            "WHERE to_tsvector('simple', e.words) @@ to_tsquery('simple', :changed_words)"
        )
    found = text(f"{inner} LIMIT {FEW + 1}").bindparams(changed_words=said).columns(change_id=String)
    edits = session.scalars(found).all()  # a change as often as it has such edits
    if len(edits) <= FEW:
        # Named one by one: a planner that expects many would walk through all changes, the newest first, for these few.
        return Change.id.in_(set(edits))
    if sqlite:  # the newest changes have them soon: each is asked by a small index, and no edit is read
        matching = text("SELECT rowid FROM edit_fts WHERE edit_fts MATCH :changed_words")
        rowids = matching.bindparams(changed_words=said).columns(rowid=Integer)
        return exists().where(Edit.change_id == Change.id, Edit.id.in_(rowids))
    # By the index, once: a planner may otherwise cut the words of edit after edit anew, which costs far more.
    once = text(f"WITH found AS MATERIALIZED ({inner}) SELECT change_id FROM found")  # noqa: S608 - constants only
    return Change.id.in_(once.bindparams(changed_words=said).columns(change_id=String))


_COLUMNS = (
    "d.id AS document_id, d.source_id, COALESCE(NULLIF(d.title, ''), s.title) AS title, d.url, s.jurisdiction, "
    "d.language, p.eid, p.text, p.first_version, p.last_version, p.first_at, p.gone_at"
)
# Where words are everywhere, ranking all places would read a good part of the database. SQLite walks its index from
# the newest passage on and ranks as many; PostgreSQL has no such walk and ranks the shortest, among which its rank
# (divided by the length) finds the best, and fewer of them, because it cuts each text anew.
RANKED_SQLITE, RANKED_POSTGRESQL = 5_000, 400
# PostgreSQL's index gives all places at once. Where its planner expects more than so many, only the passages taken in
# last are asked, each by its words (a fiftieth of a millisecond), as far as they hold as many as are shown.
EVERYWHERE, NEWEST = 200_000, 10_000


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first. `ranked` is 0 where all passages with the words were ranked, otherwise how many
    were: on SQLite those taken in last, on PostgreSQL the shortest, of very common words the shortest of those taken in
    last."""

    hits: tuple[Hit, ...] = ()
    ranked: int = 0


def search(
    session: Session,
    query: str,
    *,
    source: str = "",
    language: str = "",
    present_only: bool = False,
    limit: int = 30,
    offset: int = 0,
) -> Found:
    """Passages that hold all of the query's words, best first, and whether all were ranked; none for a query without
    words."""
    phrases = terms(query)
    if not phrases:
        return Found()
    sqlite = session.get_bind().dialect.name == "sqlite"
    ranked = RANKED_SQLITE if sqlite else RANKED_POSTGRESQL + offset + limit
    given: dict[str, object] = {"ranked": ranked + 1, "limit": limit, "offset": offset}
    given["query"] = _match(phrases) if sqlite else _tsquery(phrases)
    if source:
        given["source"] = source
    if language:
        given["language"] = language
    narrowed = (bool(source), bool(language), present_only)
    if not sqlite and not source and (newest := _newest(session, str(given["query"]))):
        hits, among = _hits(session, _postgresql(*narrowed, newest=True), {**given, "newest": newest}, query)
        if among > offset + limit:
            return Found(hits, min(among, ranked))
    hits, among = _hits(session, (_sqlite if sqlite else _postgresql)(*narrowed), given, query)
    return Found(hits, ranked * (among > ranked))


def _hits(session: Session, statement: str, given: dict[str, object], query: str) -> tuple[tuple[Hit, ...], int]:
    """The hits, and among how many they are the best."""
    columns = text(statement).bindparams(**given).columns(Passage.first_at, first_at=Moment, gone_at=Moment)
    rows = [dict(row) for row in session.execute(columns).mappings()]
    among = max((int(row.pop("among")) for row in rows), default=0)
    return tuple(Hit(snippet=highlight(row["text"], query), **row) for row in rows), among


def _newest(session: Session, said: str) -> int:
    """The passage after which the newest begin, where PostgreSQL expects the words everywhere; 0 where it does not."""
    plan = session.execute(
        text(
            "EXPLAIN (FORMAT JSON) SELECT 1 FROM passage p "
            "WHERE to_tsvector('simple', p.words) @@ to_tsquery('simple', :query)"
        ).bindparams(query=said)
    ).scalar_one()
    if plan[0]["Plan"]["Plan Rows"] <= EVERYWHERE:
        return 0
    return max(1, (session.scalar(select(func.max(Passage.id))) or 0) - NEWEST)


def _sqlite(source: bool, language: bool, present: bool) -> str:
    """Newest first through the index, as many as are ranked; then the best of them."""
    where = "passage_fts MATCH :query"
    if source:
        # The few passages of a source are put together first, and not one looked up for each place of the words.
        where += (
            " AND +f.rowid IN (SELECT p.id FROM passage p JOIN document d ON d.id = p.document_id "  # noqa: S608 - constants only
            f"WHERE d.source_id = :source{' AND p.gone_at IS NULL' if present else ''})"
        )
    joined = ""
    if language or (present and not source):
        joined = " JOIN passage p ON p.id = f.rowid"
        where += " AND p.gone_at IS NULL" if present else ""
        where += " AND p.document_id IN (SELECT d.id FROM document d WHERE d.language = :language)" if language else ""
    return (
        "WITH found AS MATERIALIZED (SELECT f.rowid AS id, bm25(passage_fts) AS score "  # noqa: S608 - the same
        f"FROM passage_fts f{joined} WHERE {where} ORDER BY f.rowid DESC LIMIT :ranked), "
        "best AS (SELECT id, score FROM found ORDER BY score, id LIMIT :limit OFFSET :offset) "
        f"SELECT {_COLUMNS}, -b.score AS score, (SELECT count(*) FROM found) AS among FROM best b "
        "JOIN passage p ON p.id = b.id JOIN document d ON d.id = p.document_id JOIN source s ON s.id = d.source_id "
        "ORDER BY b.score, p.id"
    )


def _postgresql(source: bool, language: bool, present: bool, *, newest: bool = False) -> str:
    """The shortest of all that the index finds, or of the newest; then the best of them."""
    where = "to_tsvector('simple', p.words) @@ to_tsquery('simple', :query)"
    where += " AND p.gone_at IS NULL" if present else ""
    if source or language:
        said = [*(["d.source_id = :source"] if source else []), *(["d.language = :language"] if language else [])]
        where += f" AND p.document_id IN (SELECT d.id FROM document d WHERE {' AND '.join(said)})"  # noqa: S608 - the same
    recent = (
        "recent AS MATERIALIZED (SELECT p.id, p.words, p.gone_at, p.document_id FROM passage p WHERE p.id > :newest), "
    )
    return (
        f"WITH {recent if newest else ''}found AS MATERIALIZED (SELECT p.id, p.words "  # noqa: S608 - the same
        f"FROM {'recent' if newest else 'passage'} p "
        f"WHERE {where} ORDER BY length(p.words), p.id DESC LIMIT :ranked), "
        "best AS (SELECT id, ts_rank_cd(to_tsvector('simple', words), to_tsquery('simple', :query), 1) AS score "
        "FROM found ORDER BY score DESC, id LIMIT :limit OFFSET :offset) "
        f"SELECT {_COLUMNS}, b.score, (SELECT count(*) FROM found) AS among FROM best b "
        "JOIN passage p ON p.id = b.id JOIN document d ON d.id = p.document_id JOIN source s ON s.id = d.source_id "
        "ORDER BY b.score DESC, p.id"
    )


def highlight(words: str, query: str, *, length: int = SNIPPET) -> str:
    """HTML of the part of `words` where the query stands, with <mark>; all else escaped."""
    places = spans(words, query)
    start = max(0, (places[0][0] if places else 0) - length // 3)
    end = min(len(words), start + length)
    out, at = ["…" if start else ""], start
    for first, last in places:
        if first < at or last > end:
            continue
        out += [html.escape(words[at:first]), "<mark>", html.escape(words[first:last]), "</mark>"]
        at = last
    out += [html.escape(words[at:end]), "…" if end < len(words) else ""]
    return "".join(out)


def spans(words: str, query: str) -> list[tuple[int, int]]:
    """Where the query's words stand: [start, end) in code points, in order, without overlaps."""
    wanted: list[tuple[str, bool]] = []
    for quoted, word in _QUERY.findall(query):
        wanted.extend((token, not quoted) for token in _TOKEN.findall(fold(quoted or word)))
    if not wanted:
        return []
    found: list[tuple[int, int]] = []
    for match in _TOKEN.finditer(words):
        token = fold(match.group())
        for want, open_end in wanted:
            if _RUN.fullmatch(want):
                found.extend((match.start() + i.start(), match.start() + i.end()) for i in re.finditer(want, token))
            elif token == want or (open_end and len(want) > 2 and token.startswith(want)):
                found.append((match.start(), match.end()))
    return sorted(set(found))


def index(session: Session, document_id: int, number: int, blocks: Sequence[model.Block], at: datetime) -> None:
    """Keeps the passages of a new version: words that left get their end, new ones their beginning."""
    present: dict[str, model.Block] = {}
    for block in blocks:
        if block.text.strip():
            present.setdefault(hashlib.sha256(block.text.encode()).hexdigest()[:32], block)
    open_rows = session.execute(
        select(Passage.id, Passage.digest).where(Passage.document_id == document_id, Passage.gone_at.is_(None))
    ).all()
    gone = [row.id for row in open_rows if row.digest not in present]
    for first in range(0, len(gone), 500):
        session.execute(
            update(Passage)
            .where(Passage.id.in_(gone[first : first + 500]))
            .values(gone_at=at, last_version=number - 1)
            .execution_options(synchronize_session=False)
        )
    known = {row.digest for row in open_rows}
    new = [
        {
            "document_id": document_id, "digest": digest, "eid": block.eid, "text": block.text,
            "words": segment(block.text), "first_version": number, "first_at": at,
        }
        for digest, block in present.items()
        if digest not in known
    ]  # fmt: skip
    if new:
        session.execute(insert(Passage), new)
