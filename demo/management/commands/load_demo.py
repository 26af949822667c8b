"""`manage.py load_demo`: fill an empty database with a fictitious district (contract/api.md, “Demonstration data”)."""

import gc
import os
import sys
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from common.dates import local_day
from common.history import as_history
from common.ids import seeded_ids
from demo.district import District, Wish
from demo.passwords import new_password
from governance.services.reference import load_reference
from schools.models import Person, School

MOST_SCHOOLS, MOST_YEARS = 4800, 5


class Command(BaseCommand):
    """Loads everything or nothing."""

    help = "给空的数据库装入虚构的演示区：学校、班子、一年的会议、决议和任务"

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options of the contract."""
        parser.add_argument("--schools", type=int, default=48, help=f"学校数，1 至 {MOST_SCHOOLS}，默认 48")
        parser.add_argument("--years", type=int, default=1, help=f"几年的会议，1 至 {MOST_YEARS}，默认 1")
        parser.add_argument("--seed", type=int, default=1, help="随机种子；种子和日期相同，数据就相同")
        parser.add_argument("--as-of", type=_day, default="today", help="截止日期，如 2026-11-22；默认今天")
        parser.add_argument(
            "--password", default="", help="所有演示账号的口令；也可用环境变量 DEMO_PASSWORD；不写则生成一个"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Check, load, print the sign-in names."""
        _check_size(options)
        if School.objects.exists() or Person.objects.exists() or User.objects.exists():
            raise CommandError(
                "数据库里已有学校或人员，没有写入任何内容。演示数据只装入空的数据库：换一个数据库，或先清空再装。"
            )
        password = options["password"] or os.environ.get("DEMO_PASSWORD", "")
        generated = "" if password else new_password()
        wish = Wish(
            schools=options["schools"],
            years=options["years"],
            seed=options["seed"],
            as_of=options["as_of"],
            encoded_password=make_password(password or generated),
        )
        started = time.monotonic()
        district = District(wish, self._progress())
        with _collecting_rarely(), transaction.atomic():
            with seeded_ids(f"{wish.seed} reference"), as_history():
                load_reference(at=district.start)
            with seeded_ids(f"{wish.seed} {wish.as_of} {wish.schools} {wish.years}"):
                names = district.run()
        if options["verbosity"] > 0:
            self._announce(names, wish, generated, time.monotonic() - started)

    def _announce(self, names: list[str], wish: Wish, generated: str, seconds: float) -> None:
        last = f"{wish.schools:02d}"
        self.stdout.write(f"演示区已装入：{wish.schools} 所学校，截至 {wish.as_of}，用时 {seconds:.0f} 秒。")
        self.stdout.write(f"局、教办和系统账号：{' '.join(names)}")
        self.stdout.write(
            f"学校账号：secretary01…{last} principal01…{last} clerk01…{last}（数字是学校代码），班子其他成员 member01-1…"
        )
        self.stdout.write(f"口令：{generated}（刚刚生成，只显示这一次）" if generated else "口令：你设定的那一个")

    def _progress(self) -> Any:
        """A line on the error stream that overwrites itself, on terminals only."""
        if not sys.stderr.isatty():
            return lambda text, share: None
        said = 0.0

        def say(text: str, share: float) -> None:
            nonlocal said
            if time.monotonic() - said > 0.5:
                said = time.monotonic()
                sys.stderr.write(f"\r{share:6.1%}  {text}      ")
                sys.stderr.flush()

        return say


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """What stands now stays, and little of what comes is garbage in circles: a tenth of the time is saved."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _day(text: str) -> date:
    if text == "today":
        return local_day(timezone.now())
    try:
        return date.fromisoformat(text)
    except ValueError as fault:
        raise ArgumentTypeError("写成 2026-11-22 这样的日期，或 today") from fault


def _check_size(options: dict[str, Any]) -> None:
    if not 1 <= options["schools"] <= MOST_SCHOOLS:
        raise CommandError(f"--schools 写 1 至 {MOST_SCHOOLS}。")
    if not 1 <= options["years"] <= MOST_YEARS:
        raise CommandError(f"--years 写 1 至 {MOST_YEARS}。")
