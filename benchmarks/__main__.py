"""`python -m benchmarks`: builds everything, measures everything, prints one table."""

import argparse
import os
import secrets
import sys
import tempfile
from pathlib import Path

from tests import services

SIZES = (48, 480)
SCENARIOS = ("P1", "P2", "P3", "P4", "P7", "P9", "P11")


def main() -> None:
    """Options, a database of our own, and the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--schools", type=int, nargs="+", default=SIZES, help="sizes of the district")
    parser.add_argument("--only", nargs="+", choices=SCENARIOS, default=SCENARIOS, help="scenarios to measure")
    parser.add_argument("--rounds", type=int, help="rounds of each scenario instead of its own number")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="portal-bench-") as folder, services.postgres() as service:
        os.environ |= {
            "DATABASE_URL": service.url,
            "REDIS_URL": "",
            "VAR_DIR": folder,
            "SECRET_KEY": secrets.token_urlsafe(48),
            "DJANGO_SETTINGS_MODULE": "fenghua_portal.settings.base",
        }
        from benchmarks import database

        database.prepare()  # nothing of Django's may be imported before
        from benchmarks import run
        from benchmarks.measure import row_of, table

        rows = []
        for row in run.measured(
            options.schools,
            options.only,
            server_url=service.url.rpartition("/")[0],
            var_dir=Path(folder),
            rounds=options.rounds,
        ):
            print("  ".join(filter(None, row_of(row))), file=sys.stderr, flush=True)
            rows.append(row)
        print(table(rows))


if __name__ == "__main__":
    main()
