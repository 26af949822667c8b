"""Every change of a task. The task row is the lock; one transaction with its fact."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload
from audit.services import Fact, record, record_many, subject_of
from checklists.guards import refusal
from checklists.models import Checklist, ChecklistReader, Progress, SourceKind, Task
from checklists.states import TASK
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, one_fault, require_reason
from common.transitions import Transition
from deadlines.services import Start, end_deadline, move_deadline, open_deadlines
from schools.models import Appointment, Person, School

CARRIED = ("target", "measures", "due_on", "responsible", "units")


@dataclass(frozen=True)
class NewTask:
    """四明确 of one task about to be opened."""

    target: str
    measures: str
    due_on: date
    responsible: Person
    responsible_post: str = ""
    units: str = ""


@transaction.atomic
def open_checklist(
    *, school: School, source: models.Model, kind: SourceKind, title: str, url: str, tasks: Sequence[NewTask],
    readers: Collection[UUID] | None = None, by: User, at: datetime,
) -> Checklist:  # fmt: skip
    """Make the checklist of a source with its tasks and their deadlines, all running from now. With `readers` it is restricted:
    its tasks are for these people, for who is responsible and for who confirms the closing.
    """
    checklist = Checklist(school=school, source_kind=kind, subject=subject_of(source), title=title[:300], url=url)
    checklist.restricted = readers is not None
    checklist.commit(at)
    _write_readers(checklist, readers or ())
    made = [
        Task(
            school=school,
            checklist=checklist,
            order=order,
            target=new.target,
            measures=new.measures,
            due_on=new.due_on,
            responsible=new.responsible,
            responsible_post=new.responsible_post,
            units=new.units,
        )
        for order, new in enumerate(tasks, start=1)
    ]
    for task in made:
        task.stamp(at)
    Task.objects.bulk_create(made)
    open_deadlines(starts=[_clock_of(task, school) for task in made], at=at)
    record_many([Fact("checklists.task.opened", task, school.pk, _told_to(task)) for task in made], by=by, at=at)
    return checklist


@transaction.atomic
def restrict_checklist(
    *, checklist: Checklist, title: str, readers: Collection[UUID] | None, at: datetime
) -> Checklist:
    """Follow the source: for these readers, or (None) for all who see the school. The source records the fact."""
    checklist.title, checklist.restricted = title[:300], readers is not None
    checklist.commit(at)
    _write_readers(checklist, readers or ())
    checklist.tasks.update(updated_at=at)  # other systems learn of what they see anew
    return checklist


def _write_readers(checklist: Checklist, readers: Collection[UUID]) -> None:
    wanted = set(readers)
    known = set(checklist.readers.values_list("person_id", flat=True)) if checklist.version > 1 else set()
    checklist.readers.filter(person__in=known - wanted).delete()
    new = sorted(wanted - known)
    ChecklistReader.objects.bulk_create([ChecklistReader(checklist=checklist, person_id=pk) for pk in new])


def _clock_of(task: Task, school: School) -> Start:
    return Start(task, school, task.target, task.get_absolute_url(), task.responsible, task.due_on)


def _told_to(task: Task) -> dict[str, Any]:
    return {
        "account": str(task.responsible.account_id or ""),
        "url": task.get_absolute_url(),
        "due_on": task.due_on.isoformat(),
    }


def _begin(task: Task, name: str, by: User, version: int | None) -> tuple[Task, Transition]:
    """Lock, check version, person and state, in this order: a late second caller hears that things have moved on."""
    task = (
        Task.objects.select_for_update(of=("self",))
        .select_related("school", "responsible", "checklist")
        .get(pk=task.pk)
    )
    if version is not None and version != task.version:
        raise Stale("刚才有人办理过这项任务。看过最新情况再办。")
    step = TASK.require(name, task.status)
    if why := refusal(task, step, by):
        raise NotAllowed(why)
    return task, step


def _finish(task: Task, step: Transition, by: User, at: datetime, **data: Any) -> Task:
    if step.target is not None:
        task.status = step.target
    task.commit(at)
    record(step.event, by=by, at=at, on=task, school_id=task.school_id, **_told_to(task), **data)
    return task


def _keep(task: Task, text: str, files: Sequence[UploadedFile], by: User, at: datetime) -> None:
    """Store the note and its files as evidence."""
    for upload in files:
        check_upload(upload)
    for upload in files:
        attach(upload=upload, on=task, school=task.school, by=by, at=at)
    Progress.objects.create(task=task, text=text, at=at, by=by)


@transaction.atomic
def progress(
    *, task: Task, text: str, files: Sequence[UploadedFile] = (), version: int | None = None, by: User, at: datetime
) -> Task:
    """登记进展: a text, or evidence, or both."""
    task, step = _begin(task, "progress", by, version)
    text = text.strip()
    if not text and not files:
        raise one_fault("text", "写一句进展，或传一份佐证")
    if len(text) > 2000:
        raise one_fault("text", "进展写到 2000 字以内")
    _keep(task, text, files, by, at)
    return _finish(task, step, by, at, files=len(files))


@transaction.atomic
def submit(
    *,
    task: Task,
    text: str = "",
    files: Sequence[UploadedFile] = (),
    version: int | None = None,
    by: User,
    at: datetime,
) -> Task:
    """标为完成: needs at least one progress note or file, now or earlier. The deadline runs until 确认销号."""
    task, step = _begin(task, "submit", by, version)
    text = text.strip()
    if text or files:
        _keep(task, text[:2000], files, by, at)
    elif not (task.progress_notes.exists() or Attachment.objects.filter(subject=subject_of(task)).exists()):
        raise one_fault("text", "先写一句完成情况，或传一份佐证，再标为完成")
    task.submitted_by, task.submitted_at = by, at
    return _finish(task, step, by, at)


@transaction.atomic
def close(*, task: Task, version: int | None = None, by: User, at: datetime) -> Task:
    """确认销号: by another person; ends the deadline."""
    task, step = _begin(task, "close", by, version)
    task.closed_by, task.closed_at = by, at
    end_deadline(on=task, at=at)
    return _finish(task, step, by, at, submitter=str(task.submitted_by_id))


@transaction.atomic
def send_back(*, task: Task, reason: str, version: int | None = None, by: User, at: datetime) -> Task:
    """退回补充: with a reason; the deadline runs on."""
    task, step = _begin(task, "return", by, version)
    reason = require_reason(reason)
    task.submitted_by = task.submitted_at = None
    return _finish(task, step, by, at, reason=reason)


@transaction.atomic
def reschedule(*, task: Task, due_on: date, reason: str, version: int | None = None, by: User, at: datetime) -> Task:
    """调整时限: the old date is kept with the fact; reminders are planned anew."""
    task, step = _begin(task, "reschedule", by, version)
    faults = []
    if due_on < local_day(at):
        faults.append(Fault("due_on", f"新的时限要在今天（{local_day(at)}）或之后"))
    if due_on == task.due_on:
        faults.append(Fault("due_on", "新的时限要与原来不同"))
    if faults:
        raise InvalidInput(faults)
    reason = require_reason(reason)
    old, task.due_on = task.due_on, due_on
    move_deadline(on=task, due_on=due_on, responsible=task.responsible, at=at)
    return _finish(task, step, by, at, reason=reason, old_due_on=old.isoformat())


@transaction.atomic
def hand_to(
    *, task: Task, person: Person, reason: str = "", version: int | None = None, by: User, at: datetime
) -> Task:
    """转交他人: to a person of the school in office; both are told."""
    task, step = _begin(task, "hand_to", by, version)
    held = list(
        Appointment.objects.on(local_day(at)).filter(person=person, school=task.school_id).order_by("rank", "pk")
    )
    if not held:
        raise one_fault("person", f"{person.name}现在不在本校任职，选一位在任的人")
    if person.pk == task.responsible_id:
        raise one_fault("person", f"现在的责任人就是{person.name}，选另一位")
    before = task.responsible
    task.responsible, task.responsible_post = person, held[0].get_post_display()
    move_deadline(on=task, due_on=task.due_on, responsible=person, at=at)
    return _finish(
        task, step, by, at, reason=reason.strip()[:500], before=before.name, before_account=str(before.account_id or "")
    )


@transaction.atomic
def cancel(*, task: Task, reason: str, version: int | None = None, by: User, at: datetime) -> Task:
    """终止任务: with a reason; the deadline ends."""
    task, step = _begin(task, "cancel", by, version)
    reason = require_reason(reason)
    task.cancelled_by, task.cancelled_at = by, at
    task.submitted_by = task.submitted_at = None
    end_deadline(on=task, at=at)
    return _finish(task, step, by, at, reason=reason)


@transaction.atomic
def reopen(*, task: Task, due_on: date, reason: str, version: int | None = None, by: User, at: datetime) -> Task:
    """重新办理: a closed task runs again, with a reason and a new date."""
    task, step = _begin(task, "reopen", by, version)
    reason = require_reason(reason)
    if due_on < local_day(at):
        raise one_fault("due_on", f"新的时限要在今天（{local_day(at)}）或之后")
    task.due_on = due_on
    task.closed_by = task.closed_at = task.submitted_by = task.submitted_at = None
    move_deadline(on=task, due_on=due_on, responsible=task.responsible, at=at)
    return _finish(task, step, by, at, reason=reason)


# ---- what a source changes of its own tasks; the source's service has asked who may ----


@transaction.atomic
def follow_source(*, task: Task, new: NewTask, checklist: Checklist, by: User, at: datetime) -> bool:
    """Carry a running task over into a later edition of its source, with what that says anew; the old values stay with the fact.

    Closed and cancelled tasks stay as they were. Returns whether anything of 四明确 or the units changed.
    """
    task = _locked(task)
    if not task.is_open():
        return False
    before, old = task.responsible, {name: getattr(task, name) for name in CARRIED}
    for name in CARRIED:
        setattr(task, name, getattr(new, name))
    changed = [name for name in CARRIED if getattr(task, name) != old[name]]
    if changed or task.checklist_id != checklist.pk:
        task.checklist = checklist
        task.commit(at)
    if not changed:
        return False
    said: dict[str, Any] = {"changed": changed, "old": {name: str(old[name]) for name in changed}}
    if "due_on" in changed:
        said["old_due_on"] = old["due_on"].isoformat()
    if "responsible" in changed:
        task.responsible_post = new.responsible_post
        task.save(update_fields=["responsible_post"])
        said |= {"before": before.name, "before_account": str(before.account_id or "")}
    move_deadline(on=task, due_on=task.due_on, responsible=task.responsible, title=task.target, at=at)
    record("checklists.task.amended", by=by, at=at, on=task, school_id=task.school_id, **_told_to(task), **said)
    return True


@transaction.atomic
def drop_by_source(*, task: Task, reason: str, by: User, at: datetime) -> None:
    """End a running task that its source no longer names; one that is closed or cancelled by now stays as it is."""
    task, step = _locked(task), TASK.get("cancel")
    if step is None or not task.is_open():
        return
    task.cancelled_by, task.cancelled_at = by, at
    task.submitted_by = task.submitted_at = None
    end_deadline(on=task, at=at)
    _finish(task, step, by, at, reason=require_reason(reason))


def _locked(task: Task) -> Task:
    rows = Task.objects.select_for_update(of=("self",)).select_related("school", "responsible", "checklist")
    return rows.get(pk=task.pk)


@transaction.atomic
def record_export(*, rows: int, filters: str, kind: str, by: User, at: datetime) -> int:
    """Record that a list of tasks left the portal as a file; returns the number that stands in the file."""
    return record("checklists.task.exported", by=by, at=at, rows=rows, filters=filters, format=kind).seq
