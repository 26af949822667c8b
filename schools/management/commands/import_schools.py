"""`manage.py import_schools FILE [--dry-run]`: the roster from .csv, .xlsx or .xls, all or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from schools.roster.files import TOO_LARGE
from schools.roster.preview import Preview
from schools.roster.table import MAX_BYTES, Unreadable
from schools.services.roster import FaultyRoster, import_roster


class Command(BaseCommand):
    help = "导入学校名册（.csv、.xlsx、.xls）；有一处要改就一所也不写"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="只核对，不写入")

    def handle(self, *args: Any, **options: Any) -> None:
        preview, notes = self._import(options["file"], options["dry_run"])
        for note in notes:
            self.stdout.write(note)
        for school in preview.changed:
            changes = "，".join(f"{change.label} {change.old} → {change.new}" for change in school.changes)
            self.stdout.write(f"{school.code} {school.name}：{changes}")
        if preview.untouched:
            self.stdout.write("文件里没有、保持不变：" + "、".join(preview.untouched))
        counts = preview.counts
        result = f"新增 {counts['new']} 所，更新 {counts['changed']} 所，不变 {counts['unchanged']} 所"
        self.stdout.write(f"{'核对完，没有写入' if options['dry_run'] else '已导入'}：{result}")

    def _import(self, file: Path, dry_run: bool) -> tuple[Preview, list[str]]:
        try:
            if file.stat().st_size > MAX_BYTES:
                raise CommandError(TOO_LARGE)
            return import_roster(data=file.read_bytes(), by=None, at=timezone.now(), dry_run=dry_run)
        except OSError as fault:
            raise CommandError(f"打不开 {file}：{fault.strerror}") from fault
        except FaultyRoster as refusal:
            for faulty in refusal.faults:
                self.stderr.write(str(faulty))
            raise CommandError(str(refusal)) from refusal
        except Unreadable as refusal:
            raise CommandError(str(refusal)) from refusal
