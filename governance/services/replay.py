"""回放 before a version is issued: started by 组织科, worked off in batches by a worker, stored as it goes.

Reading and judging happen outside of transactions; each batch then writes its flips and how far the run has come in one short
transaction, so that a killed worker loses one batch and nobody who writes has to wait.
"""

import logging
from datetime import datetime, timedelta
from typing import TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from accounts.models import User
from audit.services import record
from common.dates import local_day
from common.errors import NotAllowed, WrongState
from common.ids import new_id
from governance import replays
from governance.guards import may_issue
from governance.models import Catalogue, Issue, Meeting, ReplayFlip, ReplayRun, ReplayStatus, RuleBook
from governance.models.replay import LIVE
from governance.reference import reference_of
from governance.rules.reference import ReferenceFault

log = logging.getLogger("portal.replay")
# A run whose worker has not been heard of for so long is taken over by the next one; a batch takes seconds.
SILENT_AFTER = timedelta(minutes=2)
BUSY = "这份草案正在回放，等它完成再开始。"


@transaction.atomic
def start_replay(*, catalogue: Catalogue | None, rulebook: RuleBook | None, by: User, at: datetime) -> ReplayRun:
    """Ask for a run of these drafts, as they are now, over all meetings signed so far. A worker begins it within seconds.

    Raises `WrongState` when no draft is given, one is issued already, cannot be judged by, or is being replayed.
    """
    if not may_issue(by):
        raise NotAllowed("回放由区教育局组织科办理。")
    catalogue, rulebook = _draft(Catalogue.objects.all(), catalogue), _draft(RuleBook.objects.all(), rulebook)
    if catalogue is None and rulebook is None:
        raise WrongState("没有可以回放的草案。先起草目录或规则的新版本。")
    try:
        reference_of(catalogue, rulebook)
    except ReferenceFault as fault:
        raise WrongState(f"这份草案还不能用来核查：{fault}") from fault
    if replays.live_runs(catalogue, rulebook).exists():
        raise WrongState(BUSY)
    run = ReplayRun(
        catalogue=catalogue,
        catalogue_version=catalogue.version if catalogue else 0,
        rulebook=rulebook,
        rulebook_version=rulebook.version if rulebook else 0,
        started_by=by,
        until=at,
        meetings_total=replays.past_meetings(at).count(),
    )
    try:
        with transaction.atomic():
            run.commit(at)
    except IntegrityError as race:  # somebody else has just started one: the constraint of the table decides
        raise WrongState(BUSY) from race
    record("governance.replay.started", by=by, at=at, on=run, url=run.get_absolute_url(), meetings=run.meetings_total)
    return run


Draft = TypeVar("Draft", Catalogue, RuleBook)


def _draft(rows: "QuerySet[Draft]", given: Draft | None) -> Draft | None:
    """The draft read anew under its lock."""
    if given is None:
        return None
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    found = rows.filter(pk=given.pk, status=Issue.DRAFT).first()
    if found is None:
        raise WrongState("这份草案已经发布或放弃，不用再回放。")
    return found


def claim_replay(*, at: datetime) -> ReplayRun | None:
    """Take the run that waits longest, or one whose worker has gone silent; None when there is nothing to do."""
    silent = Q(beat_at__isnull=True) | Q(beat_at__lt=at - SILENT_AFTER)
    rows = ReplayRun.objects.filter(Q(status__in=LIVE) & (Q(claim__isnull=True) | silent)).order_by("created_at", "pk")
    return _claim(rows, at) if rows.exists() else None  # asked every few seconds: no transaction for nothing


@transaction.atomic
def _claim(rows: "QuerySet[ReplayRun]", at: datetime) -> ReplayRun | None:
    if connection.features.has_select_for_update_skip_locked:
        rows = rows.select_for_update(skip_locked=True, of=("self",))
    run = rows.first()
    if run is None:
        return None
    run.status, run.claim, run.beat_at = ReplayStatus.RUNNING, new_id(), at
    run.commit(at)
    return run


class Work:
    """One worker at one run, from claiming it until it is done or handed on."""

    def __init__(self, run: ReplayRun) -> None:
        self.run_id, self.claim = run.pk, run.claim
        self.candidate: replays.Candidate | None = None

    def batch(self, at: datetime) -> bool:
        """Judge the next batch and store what flips; whether there is more to do. A failure ends the run as 没有完成."""
        try:
            return self._batch(at)
        except Exception:
            log.exception("replay %s stopped", self.run_id)
            self._end(ReplayStatus.FAILED, at)
            return False

    def _batch(self, at: datetime) -> bool:
        rows = ReplayRun.objects.select_related("catalogue", "rulebook")
        run = rows.filter(pk=self.run_id, claim=self.claim).first()
        if run is None:  # discarded with its draft, or taken over
            return False
        if not replays.is_of_today(run):
            self._end(ReplayStatus.OUTDATED, at)
            return False
        place = (run.reached_at, run.reached_id) if run.reached_at and run.reached_id else None
        ids = replays.batch_after(run.until, place)
        if not ids:
            self._end(ReplayStatus.DONE, at)
            return False
        meetings = replays.read_batch(ids)
        self.candidate = self.candidate or replays.Candidate(run.catalogue, run.rulebook)
        found = list(replays.flips_of(meetings, self.candidate, local_day(run.until)))
        return self._store(meetings, found, at)

    @transaction.atomic
    def _store(self, meetings: list[Meeting], found: list[replays.Found], at: datetime) -> bool:
        run = self._mine()
        if run is None:
            return False
        rows = [_row(run, order, one) for order, one in enumerate(found, start=run.flips_found + 1)]
        ReplayFlip.objects.bulk_create(rows, batch_size=1000)
        run.digest = replays.chained(run.digest, found)
        run.flips_found += len(found)
        run.meetings_done += len(meetings)
        run.items_done += sum(len(meeting.items.all()) for meeting in meetings)
        run.reached_at, run.reached_id, run.beat_at = meetings[-1].scheduled_at, meetings[-1].pk, at
        run.commit(at)
        return True

    @transaction.atomic
    def hand_on(self, at: datetime) -> None:
        """Let the next worker go on: this one has worked long enough."""
        if run := self._mine():
            run.claim = None
            run.commit(at)

    @transaction.atomic
    def _end(self, status: ReplayStatus, at: datetime) -> None:
        run = self._mine()
        if run is None:
            return
        run.status, run.claim, run.beat_at, run.finished_at = status, None, at, at
        run.commit(at)
        record(
            "governance.replay.finished", by=None, at=at, on=run, url=run.get_absolute_url(), result=str(status),
            meetings=run.meetings_done, items=run.items_done, flips=run.flips_found, digest=run.digest,
        )  # fmt: skip

    def _mine(self) -> ReplayRun | None:
        rows = ReplayRun.objects.filter(pk=self.run_id, claim=self.claim)
        if connection.features.has_select_for_update:
            rows = rows.select_for_update()
        return rows.first()


def _row(run: ReplayRun, order: int, found: replays.Found) -> ReplayFlip:
    was, would_be = found.flip.before, found.flip.after
    return ReplayFlip(
        run=run,
        order=order,
        rule=found.flip.rule,
        school_id=found.meeting.school_id,
        meeting_id=found.meeting.pk,
        item_id=found.item,
        matter=found.matter,
        before_outcome=was.outcome.value,
        before_severity=was.severity.value,
        after_outcome=would_be.outcome.value,
        after_severity=would_be.severity.value,
    )


@transaction.atomic
def record_export(*, run: ReplayRun, rows: int, filters: dict[str, str], kind: str, by: User, at: datetime) -> int:
    """Taking the list of flips away is a fact; returns the number that stands in the file."""
    return record("governance.replay.exported", by=by, at=at, on=run, rows=rows, filters=filters, format=kind).seq
