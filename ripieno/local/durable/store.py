"""The engine's state in one SQLite file: instances, their history, and the work that is waiting.

All writes of one episode, one activity result or one client call happen in one transaction, so a process that dies at
any moment leaves a state that could have been reached without dying.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ripieno.local.durable.history import Event

_SCHEMA = """
CREATE TABLE IF NOT EXISTS instances (
    instance_id TEXT PRIMARY KEY, name TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 0,
    parent_id TEXT, parent_generation INTEGER, parent_task_id INTEGER,
    status TEXT NOT NULL, suspended INTEGER NOT NULL DEFAULT 0,
    input TEXT, output TEXT, custom_status TEXT, version TEXT,
    created TEXT NOT NULL, updated TEXT NOT NULL,
    signatures TEXT NOT NULL DEFAULT '[]', next_task_id INTEGER NOT NULL DEFAULT 0, retries TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX IF NOT EXISTS instances_created ON instances (created);
CREATE INDEX IF NOT EXISTS instances_parent ON instances (parent_id);
CREATE INDEX IF NOT EXISTS instances_running_children ON instances (parent_id)
    WHERE status IN ('Pending', 'Running');
CREATE TABLE IF NOT EXISTS history (
    instance_id TEXT NOT NULL, seq INTEGER NOT NULL, event TEXT NOT NULL, PRIMARY KEY (instance_id, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS inbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, event TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS inbox_instance ON inbox (instance_id, id);
CREATE TABLE IF NOT EXISTS activities (
    id INTEGER PRIMARY KEY AUTOINCREMENT, instance_id TEXT NOT NULL, generation INTEGER NOT NULL,
    task_id INTEGER NOT NULL, name TEXT NOT NULL, input TEXT, claimed INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS activities_instance ON activities (instance_id);
CREATE INDEX IF NOT EXISTS activities_waiting ON activities (id) WHERE claimed = 0;
CREATE TABLE IF NOT EXISTS timers (
    instance_id TEXT NOT NULL, generation INTEGER NOT NULL, task_id INTEGER NOT NULL, fire_at TEXT NOT NULL,
    PRIMARY KEY (instance_id, generation, task_id)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_due ON timers (fire_at);
CREATE TABLE IF NOT EXISTS receipts (key TEXT PRIMARY KEY, attempts INTEGER NOT NULL, done INTEGER NOT NULL);
"""

RUNNING_STATES = ("Pending", "Running")
Row = sqlite3.Row


class Store:
    """One connection, one lock. Every public method is safe to call from any thread."""

    def __init__(self, path: Path | str):
        if path != ":memory:":
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._depth = 0
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA secure_delete=ON")  # what is purged is overwritten, not only unlinked
        self._db.executescript(_SCHEMA)
        if "version" not in {row["name"] for row in self.rows("PRAGMA table_info(instances)")}:
            self._db.execute("ALTER TABLE instances ADD COLUMN version TEXT")  # a file of an earlier version
        self._woken = dict.fromkeys(self.ready_instances())

    def close(self) -> None:
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing; nested uses join the outermost transaction."""
        with self._lock:
            if self._depth:
                yield self._db
                return
            self._db.execute("BEGIN IMMEDIATE")
            self._depth = 1
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            else:
                self._db.execute("COMMIT")
            finally:
                self._depth = 0

    def rows(self, sql: str, *args: Any) -> list[Row]:
        with self._lock:
            return self._db.execute(sql, args).fetchall()

    def row(self, sql: str, *args: Any) -> Row | None:
        found = self.rows(sql, *args)
        return found[0] if found else None

    # -- instances ------------------------------------------------------------------------------------------------

    def instance(self, instance_id: str) -> Row | None:
        return self.row("SELECT * FROM instances WHERE instance_id = ?", instance_id)

    def is_running(self, instance_id: str, generation: int) -> bool:
        """Whether this run of an instance still goes on; reads no document of it."""
        row = self.row("SELECT status, generation FROM instances WHERE instance_id = ?", instance_id)
        return row is not None and row["status"] in RUNNING_STATES and row["generation"] == generation

    def update_instance(self, instance_id: str, **columns: Any) -> None:
        names = ", ".join(f"{name} = ?" for name in columns)
        with self.transaction() as db:
            db.execute(f"UPDATE instances SET {names} WHERE instance_id = ?", (*columns.values(), instance_id))

    def forget_timers_and_events(self, instance_id: str) -> None:
        """Drop what could still wake this instance.

        Activities that it has asked for run all the same, as in Azure, where they are messages in a queue already.
        """
        with self.transaction() as db:
            db.execute("DELETE FROM timers WHERE instance_id = ?", (instance_id,))
            db.execute("DELETE FROM inbox WHERE instance_id = ?", (instance_id,))

    def forget_activities(self, instance_id: str) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM activities WHERE instance_id = ?", (instance_id,))

    def checkpoint(self) -> None:
        """Move what was written into the file and empty the log beside it, in which what was purged would stand still.
        Where a reader is in the way it happens the next time."""
        with self._lock:
            if not self._depth:
                self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def delete_instance(self, instance_id: str) -> None:
        with self.transaction() as db:
            self.forget_timers_and_events(instance_id)
            db.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))
            db.execute("DELETE FROM instances WHERE instance_id = ?", (instance_id,))

    # -- history and inbox ----------------------------------------------------------------------------------------

    def history(self, instance_id: str) -> list[Event]:
        return [json.loads(text) for text in self.history_texts(instance_id)]

    def history_texts(self, instance_id: str) -> list[str]:
        """The history as the JSON objects that are stored, unread."""
        found = self.rows("SELECT event FROM history WHERE instance_id = ? ORDER BY seq", instance_id)
        return [row["event"] for row in found]

    def append_history(self, instance_id: str, start: int, events: list[Event]) -> None:
        with self.transaction() as db:
            db.executemany(
                "INSERT INTO history VALUES (?, ?, ?)",
                [(instance_id, start + offset, json.dumps(entry)) for offset, entry in enumerate(events)],
            )

    def clear_history(self, instance_id: str) -> None:
        with self.transaction() as db:
            db.execute("DELETE FROM history WHERE instance_id = ?", (instance_id,))

    def inbox(self, instance_id: str) -> list[tuple[int, Event]]:
        found = self.rows("SELECT id, event FROM inbox WHERE instance_id = ? ORDER BY id", instance_id)
        return [(row["id"], json.loads(row["event"])) for row in found]

    def deliver(self, instance_id: str, happened: Event) -> None:
        with self.transaction() as db:
            db.execute("INSERT INTO inbox (instance_id, event) VALUES (?, ?)", (instance_id, json.dumps(happened)))
            self._woken[instance_id] = None

    def consume(self, ids: list[int]) -> None:
        with self.transaction() as db:
            db.executemany("DELETE FROM inbox WHERE id = ?", [(one,) for one in ids])

    # -- activities and timers ------------------------------------------------------------------------------------

    def add_activity(self, instance_id: str, generation: int, task_id: int, name: str, input_json: str | None) -> None:
        with self.transaction() as db:
            db.execute(
                "INSERT INTO activities (instance_id, generation, task_id, name, input) VALUES (?, ?, ?, ?, ?)",
                (instance_id, generation, task_id, name, input_json),
            )

    def claim_activities(self, most: int) -> list[Row]:
        """The oldest activities that nobody runs, now ours; those of a suspended instance go on, as in Azure."""
        with self._lock:
            if not self.row("SELECT 1 FROM activities WHERE claimed = 0 LIMIT 1"):
                return []  # without a transaction: this is asked very often
            with self.transaction() as db:
                found = db.execute("SELECT * FROM activities WHERE claimed = 0 ORDER BY id LIMIT ?", (most,)).fetchall()
                db.executemany("UPDATE activities SET claimed = 1 WHERE id = ?", [(row["id"],) for row in found])
                return found

    def claim_activity(self) -> Row | None:
        return next(iter(self.claim_activities(1)), None)

    def release_claims(self) -> int:
        """After a crash nobody runs what was claimed: hand it out again. Returns how many."""
        with self.transaction() as db:
            return db.execute("UPDATE activities SET claimed = 0 WHERE claimed = 1").rowcount

    def remove_activity(self, work_id: int) -> bool:
        """False when it is gone already (its instance was terminated or purged)."""
        with self.transaction() as db:
            return db.execute("DELETE FROM activities WHERE id = ?", (work_id,)).rowcount > 0

    def add_timer(self, instance_id: str, generation: int, task_id: int, fire_at: str) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO timers VALUES (?, ?, ?, ?)", (instance_id, generation, task_id, fire_at))

    def remove_timer(self, instance_id: str, generation: int, task_id: int) -> None:
        with self.transaction() as db:
            db.execute(
                "DELETE FROM timers WHERE instance_id = ? AND generation = ? AND task_id = ?",
                (instance_id, generation, task_id),
            )

    def due_timers(self, now: str) -> list[Row]:
        return self.rows("SELECT * FROM timers WHERE fire_at <= ? ORDER BY fire_at, task_id", now)

    def next_timer(self) -> str | None:
        row = self.row("SELECT MIN(fire_at) AS fire_at FROM timers")
        return row["fire_at"] if row else None

    def resumed(self, instance_id: str) -> None:
        """Look at this instance again: events may have come while it was suspended."""
        with self._lock:
            self._woken[instance_id] = None

    def woken_instances(self) -> list[str]:
        """Instances that have had an event since `readiness` last found nothing for them, oldest first."""
        with self._lock:
            return list(self._woken)

    def readiness(self, instance_id: str) -> tuple[bool, bool]:
        """Whether an instance has events to read, and whether activities or children of it are still under way."""
        with self._lock:
            row = self.row(
                "SELECT EXISTS (SELECT 1 FROM inbox WHERE inbox.instance_id = instances.instance_id) AS ready,"
                " EXISTS (SELECT 1 FROM activities WHERE activities.instance_id = instances.instance_id)"
                " OR EXISTS (SELECT 1 FROM instances AS child WHERE child.parent_id = instances.instance_id"
                " AND child.status IN ('Pending', 'Running')) AS expecting"
                " FROM instances WHERE instance_id = ? AND suspended = 0 AND status IN ('Pending', 'Running')",
                instance_id,
            )
            if row is None or not row["ready"]:
                self._woken.pop(instance_id, None)
                return False, False
            return True, bool(row["expecting"])

    def ready_instances(self) -> list[str]:
        """Instances with something in their inbox, oldest event first; suspended ones wait."""
        found = self.rows(
            "SELECT inbox.instance_id, MIN(inbox.id) AS first FROM inbox JOIN instances USING (instance_id)"
            " WHERE suspended = 0 AND status IN ('Pending', 'Running') GROUP BY inbox.instance_id ORDER BY first"
        )
        return [row["instance_id"] for row in found]

    # -- trigger receipts -----------------------------------------------------------------------------------------

    def receipts(self, prefix: str) -> dict[str, tuple[int, bool]]:
        """All receipts whose key starts with `prefix`."""
        found = self.rows("SELECT * FROM receipts WHERE substr(key, 1, ?) = ?", len(prefix), prefix)
        return {row["key"]: (row["attempts"], bool(row["done"])) for row in found}

    def forget_receipts(self, keys: Iterable[str]) -> None:
        with self.transaction() as db:
            db.executemany("DELETE FROM receipts WHERE key = ?", [(key,) for key in keys])

    def write_receipt(self, key: str, *, attempts: int, done: bool) -> None:
        with self.transaction() as db:
            db.execute("INSERT OR REPLACE INTO receipts VALUES (?, ?, ?)", (key, attempts, int(done)))
