"""`manage.py portal`: the whole portal in one process, for trying it out and for a small office."""

import fcntl
import os
import signal
import socket
from argparse import ArgumentParser
from pathlib import Path
from typing import IO, Any, NoReturn

import environ
import waitress
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.core.servers.basehttp import get_internal_wsgi_application
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from demo.passwords import new_password
from fenghua_portal.draining import DrainingChannel

env = environ.Env()
WEB_THREADS = 8
STOP_WITHIN = 20.0  # seconds a task in hand gets to finish
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104  compared with, not bound to
SHOWN_ACCOUNTS = {  # of the demonstration district: one for each kind of reader
    "bureau": "区教育局组织科",
    "supervisor": "督导",
    "office01": "教办",
    "secretary01": "01 号学校党组织书记",
    "principal01": "01 号学校校长",
    "clerk01": "01 号学校党政办",
    "sysadmin": "系统管理员",
}


class Command(BaseCommand):
    """Prepares the database, then runs web server, Celery worker and beat until Ctrl-C or SIGTERM."""

    help = "一条命令运行整个平台：准备数据库，启动网页服务、后台任务和定时任务。Ctrl-C 停止。"
    requires_system_checks = ()  # `make check` runs them; a warm start answers sooner without
    _stopping = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Options; their defaults come from the environment."""
        parser.add_argument("--host", default=settings.HOST, help="监听地址 (HOST)")
        parser.add_argument("--port", type=int, default=settings.PORT, help="端口 (PORT)")
        parser.add_argument(
            "--no-demo", action="store_true", help="数据库为空时不装入演示数据 (PORTAL_DEMO=0)；PostgreSQL 上默认不装"
        )
        parser.add_argument("--dev", action="store_true", help="开发模式：代码改动后自动重载，不含后台任务")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, announce, serve. A refusal names what to change."""
        if options["dev"]:
            self._serve_for_development(options)
            return
        with only_one_in(settings.VAR_DIR), _bound(options["host"], options["port"]) as listener:
            try:
                password = self._prepare(no_demo=options["no_demo"])
            except KeyboardInterrupt:
                self.stdout.write("已取消，未完成的装载没有写入数据库。")
                return
            self._serve(listener, _address(options), password)

    def _serve_for_development(self, options: dict[str, Any]) -> None:
        """Django's reloading server. It starts this command a second time with RUN_MAIN set; once is enough to prepare."""
        if "RUN_MAIN" not in os.environ:
            self._announce(_address(options), self._prepare(no_demo=options["no_demo"]))
        call_command("runserver", f"{options['host']}:{options['port']}")

    def _prepare(self, *, no_demo: bool) -> str | None:
        """Bring the database up to date and fill an empty one; the demonstration password when it was just set."""
        from schools.models import School

        if _has_unapplied_migrations():
            self.stdout.write("正在建立或升级数据库…")
            call_command("migrate", interactive=False, verbosity=0)
        if School.objects.exists():  # a later release may bring catalogue, rules or model texts of its own
            call_command("load_reference", verbosity=0)
            return None
        wants_demo = not no_demo and env.bool("PORTAL_DEMO", default=connection.vendor == "sqlite")
        if not wants_demo:
            call_command("load_reference", verbosity=0)
            return None
        self.stdout.write("数据库为空，正在装入演示数据，约需一两分钟…")
        password = env.str("DEMO_PASSWORD", default="") or new_password()
        call_command("load_demo", password=password, verbosity=0)
        return password

    def _announce(self, address: str, password: str | None) -> None:
        self.stdout.write(f"\n{settings.PORTAL_TITLE}\n  地址  {address}")
        if accounts := _demo_accounts():
            self.stdout.write("  账号  " + "\n        ".join(accounts))
            self.stdout.write(f"  口令  {_password_note(password)}")
        self.stdout.write("  停止  Ctrl-C\n")

    def _serve(self, listener: socket.socket, address: str, password: str | None) -> None:
        from fenghua_portal.celery import app
        from fenghua_portal.embedded import EmbeddedCelery

        os.environ.setdefault("CELERY_SKIP_CHECKS", "1")
        celery = EmbeddedCelery(app, schedule_file=settings.VAR_DIR / "celerybeat-schedule")
        web = waitress.create_server(
            get_internal_wsgi_application(),
            sockets=[listener],
            threads=WEB_THREADS,
            ident=None,
            asyncore_use_poll=True,
            max_request_body_size=settings.REQUEST_LIMIT + 1,  # the limit itself is still taken
        )
        web.channel_class = DrainingChannel
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)
        celery.start()
        self._announce(address, password)
        web.run()  # until _on_signal raises SystemExit, which waitress takes as the wish to stop
        web.close()
        if not celery.stop(timeout=STOP_WITHIN):
            self.stderr.write("仍有后台任务未结束，直接退出；未完成的提醒下次启动后补发。")
            self.stderr.flush()
            os._exit(1)
        self.stdout.write("已停止。")

    def _on_signal(self, number: int, frame: object) -> NoReturn:
        """First signal: stop in good order. Second: leave at once."""
        if self._stopping:
            os._exit(128 + number)
        self._stopping = True
        os.write(1, "\n正在停止…（再按一次 Ctrl-C 立即退出）\n".encode())
        raise SystemExit(0)


def _has_unapplied_migrations() -> bool:
    """Cheaper than running `migrate`, which costs a warm start most of its second."""
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _password_note(password: str | None) -> str:
    if password is None:
        return "首次启动时设定的口令；忘记时用 python manage.py changepassword 账号 重设"
    if env.str("DEMO_PASSWORD", default=""):
        return "环境变量 DEMO_PASSWORD 的值"
    return f"{password}  （刚刚生成，只显示这一次）"


def _demo_accounts() -> list[str]:
    from accounts.models import User

    people = {person.username: person for person in User.objects.filter(username__in=SHOWN_ACCOUNTS, is_active=True)}
    return [f"{name:<13}{post}，{people[name]}" for name, post in SHOWN_ACCOUNTS.items() if name in people]


def _address(options: dict[str, Any]) -> str:
    host = options["host"]
    if host in EVERYWHERE or host == "127.0.0.1":
        host = "localhost"
    return f"http://[{host}]:{options['port']}/" if ":" in host else f"http://{host}:{options['port']}/"


def _bound(host: str, port: int) -> socket.socket:
    """A socket bound before the database is touched, so that a taken port is said at once; it listens only when served."""
    try:
        family, kind, protocol, _name, where = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(where)
    except OSError as error:
        reason = error.strerror or error
        raise CommandError(f"无法使用 {host}:{port}（{reason}）。请用 HOST、PORT 换一个地址或端口。") from error
    return listener


def only_one_in(directory: Path) -> IO[str]:
    """Hold the lock of the data directory: beat's schedule file and the first loading tolerate one process."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = (directory / "portal.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock.close()
        raise CommandError(f"已有一个平台进程在使用 {directory}。请先停止它，或用 VAR_DIR 指定另一个目录。") from error
    return lock
