"""`manage.py verify_minutes [--school CODE]`: compute the checksums of signed meetings and sealed versions anew."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from governance.models import Meeting
from governance.sealing import Checked, check_seals
from schools.models import School


class Command(BaseCommand):
    help = "核对已签发会议记录和纪要版本的校验码"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--school", default="", help="学校代码；不写就核对全部学校")

    def handle(self, *args: Any, **options: Any) -> None:
        code = options["school"]
        if code and not School.objects.filter(code=code).exists():
            raise CommandError(f"没有代码是 {code} 的学校。")
        found = Checked()
        meetings = Meeting.objects.filter(school__code=code) if code else Meeting.objects.all()
        for line in check_seals(meetings, found):
            self.stderr.write(line)
        said = f"核对 {found.meetings} 次会议、{found.versions} 个纪要版本"
        if found.broken:
            raise CommandError(f"{said}：{found.broken} 处校验码不符。")
        more = f"；{found.without} 次会议签发在先，没有封存版本" if found.without else ""
        self.stdout.write(f"{said}：校验码全部相符{more}。")
