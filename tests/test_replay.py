"""Recordings are visited in order of time, and told as the service would have told them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zstandard

from tracker.replay import pages, recorded, replay, snapshots

DAY = 86_400
TEXT = "".join(
    f"<p>Clause {n}: the provider keeps the technical documentation of model {n} and shows it to the office.</p>"
    for n in range(8)
)


def page(main: str = "", extra: str = "") -> bytes:
    return f"<html lang='en'><title>Terms</title><body {extra}><main>{TEXT}{main}</main></body></html>".encode()


def archive(folder: Path, **served: list[tuple[int, bytes]]) -> Path:
    """Recordings of pages of one host, in the layout that `tracker replay` reads."""
    place = folder / "test"
    place.mkdir(parents=True)
    lines = []
    for name, visits in served.items():
        (place / f"{name}.zst").write_bytes(zstandard.ZstdCompressor().compress(b"".join(body for _, body in visits)))
        lines.append({
            "page": f"test/{name}", "file": f"{name}.zst", "format": "html", "service": "Test",
            "urls": [[0, f"https://host.example/{name}"]], "snapshots": [[at, len(body), ""] for at, body in visits],
        })  # fmt: skip
    (place / "index.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return folder


def run(folder: Path) -> list[dict[str, object]]:
    out = folder / "changes.jsonl"
    replay(folder, out, processes=1)
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_snapshots_come_back_as_they_were_served(tmp_path: Path) -> None:
    folder = archive(tmp_path, one=[(DAY, page()), (2 * DAY, page("<p>More.</p>"))])
    assert list(snapshots(folder, pages(folder)[0])) == [(DAY, page()), (2 * DAY, page("<p>More.</p>"))]


def test_bodies_that_show_the_same_text_are_one(tmp_path: Path) -> None:
    folder = archive(tmp_path, one=[(DAY, page()), (2 * DAY, page(extra="class='b'")), (3 * DAY, page("<p>More.</p>"))])
    found = recorded(folder, pages(folder)[0])
    assert [body for _, body in found.visits] == [0, 0, 1]


def test_a_change_is_a_line_with_its_reasons(tmp_path: Path) -> None:
    folder = archive(tmp_path, one=[(DAY, page("<p>Logs: 6 months.</p>")), (2 * DAY, page("<p>Logs: 9 months.</p>"))])
    (line,) = run(folder)
    assert (line["page"], line["seen"], line["told"], line["tier"]) == ("test/one", 2 * DAY, 2 * DAY, "substantive")
    assert (line["added"], line["removed"]) == (["Logs: 9 months."], ["Logs: 6 months."])
    assert line["reasons"]
    assert set(line["summary"]) == {"en", "fr", "zh"}  # type: ignore[call-overload]  # JSON


def test_a_second_look_sees_what_was_recorded_then(tmp_path: Path) -> None:
    stays = [(DAY, page("<p>Logs: 6 months.</p>")), (2 * DAY, page()), (9 * DAY, page())]
    back = [(DAY, page("<p>Logs: 6 months.</p>")), (2 * DAY, page()), (2 * DAY + 3600, page("<p>Logs: 6 months.</p>"))]
    lines = {line["page"]: line for line in run(archive(tmp_path, stays=stays, back=back))}
    told = lines["test/stays"]["told"]
    assert isinstance(told, int)
    assert 2 * DAY < told <= 3 * DAY
    assert lines["test/back"]["told"] is None


def test_one_edit_on_several_pages_is_one_cluster(tmp_path: Path) -> None:
    served = {
        name: [(DAY, page(f"<p>About {name}.</p><p>Write to the office in Dublin, Main Street.</p>")),
               (2 * DAY + n, page(f"<p>About {name}.</p><p>Write to the bureau in Lisbon, Rua Nova.</p>"))]
        for n, name in enumerate(("one", "two", "three"))
    }  # fmt: skip
    lines = run(archive(tmp_path, **served))
    assert len(lines) == 3
    assert len({line["cluster"] for line in lines}) == 1


def test_a_folder_without_recordings_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no recordings"):
        pages(tmp_path)


def test_an_archive_that_ends_early_is_an_error(tmp_path: Path) -> None:
    folder = archive(tmp_path, one=[(DAY, page())])
    index = folder / "test" / "index.jsonl"
    row = json.loads(index.read_text(encoding="utf-8"))
    row["snapshots"].append([2 * DAY, 500, ""])
    index.write_text(json.dumps(row), encoding="utf-8")
    with pytest.raises(EOFError):
        list(snapshots(folder, row | {"archive": "test"}))
