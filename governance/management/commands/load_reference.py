"""`manage.py load_reference`: load the delivered catalogue, rules and model texts; running it again changes nothing."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from governance.services.model_texts import load_model_texts
from governance.services.reference import load_reference


class Command(BaseCommand):
    help = "载入议事目录（25 + 20 项）、程序规则和议事规则示范文本"

    def handle(self, *args: Any, **options: Any) -> None:
        texts = load_model_texts(at=timezone.now())
        (catalogue, new_catalogue), (rules, new_rules) = load_reference(at=timezone.now())
        if options["verbosity"] == 0:
            return
        count = catalogue.matters.count()
        self.stdout.write(f"议事目录 {catalogue.number}：{count} 项，{_said(new_catalogue)}。")
        self.stdout.write(f"程序规则 {rules.number}：{len(rules.content['rules'])} 条，{_said(new_rules)}。")
        for text, new in texts:
            self.stdout.write(f"{text.title} {text.number}：{text.clauses.count()} 条，{_said(new)}。")


def _said(written: bool) -> str:
    return "已载入" if written else "没有变化"
