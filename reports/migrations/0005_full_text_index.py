"""The index of the full-text search: a tsvector with GIN on PostgreSQL, an FTS5 table on SQLite, kept by the database itself.

The FTS5 table holds no text of its own; triggers tell it of each row. SQLite makes a table anew when a column changes, and its
triggers go: a migration that alters `SearchText` has to make them again.
"""

from django.db import migrations

from common.triggers import Statements

TABLE, FTS = "reports_searchtext", "reports_searchindex"
ADD = f"INSERT INTO {FTS}(rowid, grams) VALUES (new.id, new.grams);"
TAKE = f"INSERT INTO {FTS}({FTS}, rowid, grams) VALUES ('delete', old.id, old.grams);"


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_full_text")]

    operations = [
        Statements(
            postgres=[
                f"ALTER TABLE {TABLE} ADD COLUMN vector tsvector GENERATED ALWAYS AS (to_tsvector('simple', grams)) STORED",
                f"CREATE INDEX reports_searchtext_vector ON {TABLE} USING gin (vector)",
            ],
            postgres_back=[f"ALTER TABLE {TABLE} DROP COLUMN vector"],
            sqlite=[
                f"CREATE VIRTUAL TABLE {FTS} USING fts5(grams, content='{TABLE}', content_rowid='id', "
                "tokenize='unicode61 remove_diacritics 0')",
                f"CREATE TRIGGER {FTS}_added AFTER INSERT ON {TABLE} BEGIN {ADD} END",
                f"CREATE TRIGGER {FTS}_taken AFTER DELETE ON {TABLE} BEGIN {TAKE} END",
                f"CREATE TRIGGER {FTS}_changed AFTER UPDATE ON {TABLE} BEGIN {TAKE} {ADD} END",
            ],
            sqlite_back=[f"DROP TRIGGER {FTS}_{name}" for name in ("added", "taken", "changed")]
            + [f"DROP TABLE {FTS}"],
        )
    ]
