"""`manage.py rule_coverage`: which rules are judged, recorded or declaratory; `--write` renews docs/rule-coverage.md."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from governance.rules.coverage import page
from governance.rules.load import read_rules

PAGE = Path(settings.BASE_DIR) / "docs" / "rule-coverage.md"


class Command(BaseCommand):
    help = "规则覆盖：每条规则由系统核查、登记还是宣示"
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--write", action="store_true", help="写入 docs/rule-coverage.md")

    def handle(self, *args: Any, **options: Any) -> None:
        text = page(read_rules())
        if options["write"]:
            PAGE.write_text(text, encoding="utf-8")
            self.stdout.write(f"已写入 {PAGE.relative_to(settings.BASE_DIR)}。")
        else:
            self.stdout.write(text)
