"""`manage.py load_reference`: load the delivered catalogue; running it again changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.services.reference import load_catalogue


class Command(BaseCommand):
    help = "载入议事目录（25 + 20 项）"

    def handle(self, *args: Any, **options: Any) -> None:
        catalogue, written = load_catalogue(at=timezone.now())
        count = catalogue.matters.count()
        self.stdout.write(f"议事目录 {catalogue.number}：{count} 项，{'已载入' if written else '没有变化'}。")
