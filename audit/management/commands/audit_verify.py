"""`manage.py audit_verify [--checkpoint FILE]`: walk the hash chain; exit 1 and name the first bad row when it is broken."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from audit.models import Event
from audit.verify import first_break


class Command(BaseCommand):
    help = "核对记录的哈希链"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--checkpoint", type=Path, help="audit_checkpoint 存在库外的检查点")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["checkpoint"]:
            self._compare(json.loads(options["checkpoint"].read_text("utf-8")))
        count, last, broken = first_break()
        if broken is not None:
            self.stderr.write(f"第 {broken.seq} 条记录{broken.why}。")
            raise SystemExit(1)
        self.stdout.write(f"{count} 条记录前后相接。末条摘要 {last}")

    def _compare(self, checkpoint: dict[str, Any]) -> None:
        """A chain alone does not see a cut tail or a chain made anew; a checkpoint kept outside does."""
        kept = Event.objects.filter(seq=checkpoint["seq"]).values_list("hash", flat=True).first()
        if checkpoint["seq"] and kept != checkpoint["hash"]:
            self.stderr.write(f"第 {checkpoint['seq']} 条记录与检查点不符或已不在。")
            raise SystemExit(1)
