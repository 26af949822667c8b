"""`manage.py create_administrators`: the three system posts (三员) of a new installation, with passwords to be changed at once."""

import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from common.dates import local_day
from schools.models import Appointment
from schools.permissions import SYSTEM_POSTS, Post
from schools.services.appointments import NewAppointment, appoint
from schools.services.people import add_person, open_account

ACCOUNTS = (("sysadmin", Post.SYSTEM_ADMIN), ("secadmin", Post.SECURITY_ADMIN), ("auditor", Post.AUDITOR))


class Command(BaseCommand):
    help = "新安装时建立三员账号：系统管理员、安全管理员、审计管理员。口令只显示一次，首次登录须改。"

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        if Appointment.objects.filter(post__in=SYSTEM_POSTS).exists():
            raise CommandError("三员账号已经建立。增减由安全管理员在“职务”页面办理。")
        at = timezone.now()
        for username, post in ACCOUNTS:
            password = secrets.token_urlsafe(12) + "aA1!"
            person = add_person(name=post.label, by=None, at=at)
            open_account(person=person, username=username, password=password, by=None, at=at)
            appoint(NewAppointment(person=person, post=post, starts_on=local_day(at)), by=None, at=at)
            self.stdout.write(f"{post.label}：{username}  口令：{password}")
