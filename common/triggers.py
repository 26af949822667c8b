"""Database triggers for what constraints cannot say, on PostgreSQL and SQLite alike."""

from collections.abc import Sequence
from typing import Any

from django.db.migrations.operations.base import Operation


class Statements(Operation):
    """A migration step that runs the statements of the database in use, and can be taken back.

    Not `RunPython`, which would build all models anew at each of a hundred steps although no statement asks for them.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(
        self,
        *,
        postgres: Sequence[str],
        postgres_back: Sequence[str],
        sqlite: Sequence[str],
        sqlite_back: Sequence[str],
    ) -> None:
        self.postgres, self.postgres_back = postgres, postgres_back
        self.sqlite, self.sqlite_back = sqlite, sqlite_back

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of the models."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Run the statements."""
        _run(schema_editor, self.postgres, self.sqlite)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Run those that take it back."""
        _run(schema_editor, self.postgres_back, self.sqlite_back)

    def describe(self) -> str:
        """For `sqlmigrate` and `migrate --plan`."""
        return "Triggers"


def _run(schema_editor: Any, postgres: Sequence[str], sqlite: Sequence[str]) -> None:
    for statement in postgres if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement, None)


def refuse(table: str, name: str, event: str, when: str, message: str, *, when_sqlite: str | None = None) -> Statements:
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
    return Statements(
        postgres=postgres,
        postgres_back=[f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"],
        sqlite=sqlite,
        sqlite_back=[f"DROP TRIGGER {name}"],
    )


def take_away(table: str, name: str) -> Statements:
    """A migration step that removes a trigger of `refuse`: SQLite makes a table anew when columns change, and its triggers go.

    The step is to be followed, in a later migration, by `refuse` with the conditions that hold from then on.
    """
    return Statements(
        postgres=[f"DROP TRIGGER IF EXISTS {name} ON {table}", f"DROP FUNCTION IF EXISTS {name}()"],
        postgres_back=[],
        sqlite=[f"DROP TRIGGER IF EXISTS {name}"],
        sqlite_back=[],
    )
