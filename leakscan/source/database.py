"""The tables of an SQLite database as text, opened in memory and read-only."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from leakscan.git.names import shown_path
from leakscan.source.unpack import Limits, Member, Tell, damaged

_ROWS = 512  # read at a time
_PIECE = 1 << 20  # bytes of text searched together
_STEPS = 100_000_000  # of SQLite's virtual machine, for one database
_STRIDE = 1_000_000
_WAL = slice(18, 20)  # which of two journals it has, for writing and reading (fileformat2.html)


def tables(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    """The rows of all ordinary tables, each value on a line as ``column: value``."""
    with_memory = getattr(sqlite3.Connection, "deserialize", None)
    if with_memory is None:
        tell("", "an SQLite database: reading it needs Python 3.11 or newer", False)
        return
    connection = sqlite3.connect(":memory:")
    try:
        # A write-ahead log lies in a file beside it; without one it is read like any other.
        with_memory(connection, content[: _WAL.start] + b"\1\1" + content[_WAL.stop :])
        _guard(connection)
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'table'"
        named = [(str(name), str(sql)) for name, sql in connection.execute(query)]
        for name, sql in named:
            # Virtual tables run code of extensions; what they hold is in tables of their own beside them.
            if not sql.upper().startswith("CREATE VIRTUAL"):
                limits.entry()
                yield from _rows(connection, name, limits, tell)
    except (sqlite3.Error, ValueError, OverflowError) as error:
        tell("", damaged(error))
    finally:
        connection.close()


def _guard(connection: sqlite3.Connection) -> None:
    steps = 0

    def stop() -> bool:
        nonlocal steps
        steps += _STRIDE
        return steps > _STEPS

    connection.set_progress_handler(stop, _STRIDE)
    connection.text_factory = bytes
    for setting in ("trusted_schema = OFF", "query_only = ON", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {setting}")
    connection.text_factory = lambda raw: raw.decode("utf-8", errors="replace")


def _rows(connection: sqlite3.Connection, table: str, limits: Limits, tell: Tell) -> Iterator[Member]:
    quoted = table.replace('"', '""')
    shown = shown_path(table.encode("utf-8", errors="replace"))
    lines: list[bytes] = []
    size = 0
    try:
        rows = connection.execute(f'SELECT * FROM "{quoted}"')
        columns = [str(column[0]).encode("utf-8", errors="replace") for column in rows.description]
        while some := rows.fetchmany(_ROWS):
            for row in some:
                for column, value in zip(columns, row, strict=True):
                    if isinstance(value, str | bytes):
                        raw = value if isinstance(value, bytes) else value.encode("utf-8", errors="replace")
                        lines.append(column + b": " + raw)
                        size += len(lines[-1])
            if size > _PIECE:
                limits.take(size)
                yield Member(shown, b"\n".join(lines))
                lines, size = [], 0
    except (sqlite3.Error, ValueError, OverflowError) as error:
        tell(shown, damaged(error))
    if lines:
        limits.take(size)
        yield Member(shown, b"\n".join(lines))
