"""`manage.py audit_checkpoint`: print the end of the chain as JSON, to be kept outside the database."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from audit.models import Event
from audit.services import GENESIS


class Command(BaseCommand):
    help = "输出记录链末端（序号、摘要），存到库外"

    def handle(self, *args: Any, **options: Any) -> None:
        last = Event.objects.order_by("-seq").values("seq", "hash").first() or {"seq": 0, "hash": GENESIS}
        self.stdout.write(json.dumps(last))
