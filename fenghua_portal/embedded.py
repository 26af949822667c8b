"""Celery worker and beat inside the process of `manage.py portal` (embedded mode, 内置模式).

With the in-process broker `memory://` a message exists only here, so the worker has to be a thread beside the web server.
Losing messages is allowed: outbox and ledger rows in the database are the truth, and beat sweeps them again.
"""

import logging
import threading
import time
from pathlib import Path

from celery import Celery
from celery.beat import EmbeddedService
from celery.worker import WorkController, state

logger = logging.getLogger(__name__)

THREADS = 4
RESTART_AFTER = 5.0  # seconds between the end of a worker nobody stopped and the next one


class EmbeddedCelery:
    """One worker with a pool of threads, and beat. `start` returns at once; `stop` waits for the task in hand."""

    def __init__(self, app: Celery, *, schedule_file: Path) -> None:
        """`schedule_file` keeps when each entry last ran, so that a daily task missed while off runs at the next start."""
        self.ready = threading.Event()
        self._app = app
        self._stopping = threading.Event()
        self._worker = threading.Thread(target=self._work, name="celery-worker", daemon=True)
        self._beat = EmbeddedService(app, thread=True, schedule_filename=str(schedule_file))

    def start(self) -> None:
        """Start both threads."""
        self._worker.start()
        self._beat.start()

    def stop(self, *, timeout: float) -> bool:
        """Stop taking tasks and wait up to `timeout` seconds; False when a task is still running then.

        Three to four seconds are normal: the worker's loop looks up every two seconds.
        """
        self._stopping.set()
        self._beat.service.stop()
        state.should_stop = 0  # a module global of Celery, and the only way to stop a worker that runs in a thread
        deadline = time.monotonic() + timeout
        for thread in (self._beat, self._worker):
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        if self._worker.is_alive() or self._beat.is_alive():
            return False
        state.should_stop = None
        return True

    def _work(self) -> None:
        while not self._stopping.is_set():
            try:
                self._new_worker().start()
            except Exception:
                logger.exception("embedded worker ended")
            self._stopping.wait(RESTART_AFTER)

    def _new_worker(self) -> WorkController:
        """A worker without mingle, gossip and heartbeats (nobody to talk to).

        The `worker_ready` signal is not sent by a bare controller, hence the callback; the blocking loop is chosen because
        the event loop of the Redis transport belongs to a main thread.
        """
        return WorkController(
            app=self._app,
            pool="threads",
            concurrency=THREADS,
            use_eventloop=False,
            ready_callback=lambda _consumer: self.ready.set(),
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
        )
