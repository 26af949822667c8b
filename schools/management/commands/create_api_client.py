"""`manage.py create_api_client NAME --scopes "…" [--schools FH001,FH002]`: print id and secret once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from common.errors import InvalidInput
from schools.services.clients import create_client


class Command(BaseCommand):
    help = "登记一个接口方，输出一次客户端标识和密钥"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--scopes", required=True, help="空格或逗号分隔，如 “schools:read governance:read”")
        parser.add_argument("--schools", default="", help="学校代码，逗号分隔；不写为全部学校")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = options["scopes"].replace(",", " ").split()
        codes = options["schools"].replace(",", " ").split()
        try:
            _, client_id, secret = create_client(
                name=options["name"], scopes=scopes, school_codes=codes, at=timezone.now()
            )
        except InvalidInput as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"client_id: {client_id}\nclient_secret: {secret}")
