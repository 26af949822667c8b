"""`manage.py rebuild_search`: index all words anew, after a restore or a change of the index."""

from typing import Any

from django.core.management.base import BaseCommand

from reports.indexing import rebuild
from reports.models import SearchText


class Command(BaseCommand):
    help = "重建全文索引（议题、纪要、议题库、附件）"

    def handle(self, *args: Any, **options: Any) -> None:
        done = 0
        for done in rebuild():
            if options["verbosity"] > 1:
                self.stdout.write(f"已编入 {done} 项")
        if options["verbosity"] > 0:
            self.stdout.write(f"全文索引已重建：{done} 项，{SearchText.objects.count()} 条。")
