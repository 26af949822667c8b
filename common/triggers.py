"""Database triggers for what constraints cannot say, on PostgreSQL and SQLite alike."""

from collections.abc import Callable, Sequence
from typing import Any

from django.db.migrations.operations import RunPython

Operation = Callable[[Any, Any], None]


def _runner(postgres: Sequence[str], sqlite: Sequence[str]) -> Operation:
    def run(apps: Any, schema_editor: Any) -> None:
        for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
            schema_editor.execute(statement, None)

    return run


def triggers(
    *, postgres: Sequence[str], postgres_back: Sequence[str], sqlite: Sequence[str], sqlite_back: Sequence[str]
) -> RunPython:
    """A migration step that runs the statements of the database in use, and can be taken back."""
    return RunPython(_runner(postgres, sqlite), _runner(postgres_back, sqlite_back))


def refuse(table: str, name: str, event: str, when: str, message: str, *, when_sqlite: str | None = None) -> RunPython:
    """A migration step that makes the database refuse `event` on `table` where `when` (in OLD/NEW) holds."""
    postgres = [
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {when} THEN RAISE EXCEPTION '{message}' USING ERRCODE = 'restrict_violation'; END IF; "
        f"IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()",
    ]
    sqlite = [
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} WHEN {when_sqlite or when} BEGIN SELECT RAISE(ABORT, '{message}'); END"
    ]
    return triggers(
        postgres=postgres,
        postgres_back=[f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"],
        sqlite=sqlite,
        sqlite_back=[f"DROP TRIGGER {name}"],
    )


def take_away(table: str, name: str) -> RunPython:
    """A migration step that removes a trigger of `refuse`: SQLite makes a table anew when columns change, and its triggers go.

    The step is to be followed, in a later migration, by `refuse` with the conditions that hold from then on.
    """
    return triggers(
        postgres=[f"DROP TRIGGER IF EXISTS {name} ON {table}", f"DROP FUNCTION IF EXISTS {name}()"],
        postgres_back=[],
        sqlite=[f"DROP TRIGGER IF EXISTS {name}"],
        sqlite_back=[],
    )
