"""Founding documents: drafted, published to schools and offices, superseded. A published document does not change."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import attach, check_upload, detach
from audit.services import record, subject_of
from common.dates import local_day
from common.errors import Fault, InvalidInput, NotAllowed, Stale, WrongState
from pilots.models import Policy, PolicyClause, PolicyKind, PolicyStatus
from pilots.policy_guards import may_issue
from pilots.policy_text import ELEMENTS, LONGEST_CLAUSE, MOST_CLAUSES, clauses_of
from pilots.services.receipts import close_receipts, open_receipts
from schools.models import Office, School

NOT_THEIRS = "文件由组织科起草、发布。"
PUBLISHED = "文件已经发布，不能再改。内容有变，另起一份文件，以新代旧。"
EARLIEST, MOST_FILES = date(2000, 1, 1), 10


@dataclass(frozen=True)
class PolicyInput:
    """A document as typed. `sections`: text by element, a clause a line; `supersedes`: the document it replaces."""

    number: str
    title: str
    kind: str
    issued_on: date
    receipt_due_on: date | None = None
    to_all: bool = True
    schools: Sequence[UUID] = ()
    offices: Sequence[UUID] = ()
    supersedes: UUID | None = None
    sections: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def draft_policy(*, new: PolicyInput, files: Sequence[UploadedFile] = (), by: User, at: datetime) -> Policy:
    """起草文件."""
    if not may_issue(by):
        raise NotAllowed(NOT_THEIRS)
    policy = Policy(drafted_by=by)
    _Writer(policy, new).write(at)
    _keep(policy, files, by, at)
    record("pilots.policy.drafted", by=by, at=at, on=policy, url=policy.get_absolute_url())
    return policy


@transaction.atomic
def edit_policy(
    *,
    policy: Policy,
    new: PolicyInput,
    files: Sequence[UploadedFile] = (),
    version: int | None = None,
    by: User,
    at: datetime,
) -> Policy:
    """修改草稿."""
    policy = _draft(policy, version, by)
    _Writer(policy, new).write(at)
    _keep(policy, files, by, at)
    record("pilots.policy.edited", by=by, at=at, on=policy, url=policy.get_absolute_url())
    return policy


@transaction.atomic
def remove_file(*, policy: Policy, file: UUID, by: User, at: datetime) -> None:
    """移除附件 of a draft."""
    policy = _draft(policy, None, by)
    found = Attachment.objects.filter(pk=file, subject=subject_of(policy)).first()
    if found is None:
        raise WrongState("这份附件已经不在了。刷新页面看最新情况。")
    detach(attachment=found, by=by, at=at)
    policy.commit(at)


@transaction.atomic
def discard_policy(*, policy: Policy, version: int | None = None, by: User, at: datetime) -> None:
    """放弃草稿: nobody has seen it, so nothing is left of it but the fact."""
    policy = _draft(policy, version, by)
    record("pilots.policy.discarded", by=by, at=at, on=policy)
    for file in Attachment.objects.filter(subject=subject_of(policy)):
        detach(attachment=file, by=by, at=at)
    policy.delete()


@transaction.atomic
def publish_policy(*, policy: Policy, version: int | None = None, by: User, at: datetime) -> Policy:
    """发布文件: opens the receipt of every school and office it goes to; the document it replaces is superseded, its open receipts closed."""
    policy = _draft(policy, version, by)
    _refuse_unfit(policy, at)
    policy.status, policy.published_at, policy.published_by = PolicyStatus.PUBLISHED, at, by
    policy.commit(at)
    if policy.supersedes_id is not None:
        _supersede(policy, by, at)
    receipts = open_receipts(policy, by, at)
    record("pilots.policy.published", by=by, at=at, on=policy, url=policy.get_absolute_url(), receipts=len(receipts))
    return policy


def _supersede(policy: Policy, by: User, at: datetime) -> None:
    """以新代旧."""
    old = _locked(Policy(pk=policy.supersedes_id))
    if old.status != PolicyStatus.PUBLISHED:
        raise WrongState(f"要替代的《{old.title}》现在是“{old.get_status_display()}”，不能再替代。改选别的文件。")
    old.status, old.superseded_at = PolicyStatus.SUPERSEDED, at
    old.commit(at)
    closed = close_receipts(old, by, at)
    record(
        "pilots.policy.superseded", by=by, at=at, on=old, url=old.get_absolute_url(), replaced_by=policy.number,
        closed=closed,
    )  # fmt: skip


def _refuse_unfit(policy: Policy, at: datetime) -> None:
    today, faults = local_day(at), []
    if policy.issued_on > today:
        faults.append(Fault("issued_on", f"印发日期要在今天（{today}）或之前"))
    if policy.receipt_due_on is None or policy.receipt_due_on < today:
        faults.append(Fault("receipt_due_on", f"写签收期限，今天（{today}）或之后"))
    if not policy.to_all and not (policy.schools.exists() or policy.offices.exists()):
        faults.append(Fault("schools", "选发往哪些学校或教办，或者发全区"))
    has_text = policy.clauses.exists()
    if not has_text and not Attachment.objects.filter(subject=subject_of(policy)).exists():
        faults.append(Fault("sections", "写正文，或传一份附件"))
    if policy.kind == PolicyKind.IMPLEMENTATION_PLAN:
        named = set(policy.clauses.values_list("element", flat=True))
        if left := [element for element in ELEMENTS if element not in named]:
            faults.append(Fault(left[0], f"实施方案要写明六个要素，还缺 {len(left)} 个"))
    if faults:
        raise InvalidInput(faults)


def _draft(policy: Policy, version: int | None, by: User) -> Policy:
    """The draft under its lock, for who may change it."""
    policy = _locked(policy)
    if not may_issue(by):
        raise NotAllowed(NOT_THEIRS)
    if version is not None and version != policy.version:
        raise Stale("刚才有人改过这份文件。看过最新内容再办。")
    if policy.status != PolicyStatus.DRAFT:
        raise WrongState(PUBLISHED)
    return policy


def _locked(policy: Policy) -> Policy:
    rows = Policy.objects.all()
    if connection.features.has_select_for_update:
        rows = rows.select_for_update()
    return rows.get(pk=policy.pk)


def _keep(policy: Policy, files: Sequence[UploadedFile], by: User, at: datetime) -> None:
    for upload in files:
        check_upload(upload)
    if len(files) + Attachment.objects.filter(subject=subject_of(policy)).count() > MOST_FILES:
        raise InvalidInput([Fault("files", f"一份文件最多 {MOST_FILES} 份附件")])
    for upload in files:
        attach(upload=upload, on=policy, school=None, by=by, at=at)


class _Writer:
    """Checks what was typed and writes it into the draft, its clauses and its addressees."""

    def __init__(self, policy: Policy, new: PolicyInput) -> None:
        self.policy, self.new = policy, new
        self.clauses = clauses_of(new.sections)
        self.faults: list[Fault] = []

    def write(self, at: datetime) -> None:
        """All faults at once, or all of it."""
        self._check_head()
        self._check_text()
        schools = list(School.objects.filter(pk__in=self.new.schools)) if not self.new.to_all else []
        offices = list(Office.objects.filter(pk__in=self.new.offices)) if not self.new.to_all else []
        old = self._superseded()
        if self.faults:
            raise InvalidInput(self.faults)
        policy, new = self.policy, self.new
        policy.number, policy.title, policy.kind = new.number.strip(), new.title.strip(), new.kind
        policy.issued_on, policy.receipt_due_on, policy.to_all = new.issued_on, new.receipt_due_on, new.to_all
        policy.supersedes = old
        policy.commit(at)
        policy.schools.set(schools)
        policy.offices.set(offices)
        policy.clauses.all().delete()
        PolicyClause.objects.bulk_create(
            PolicyClause(policy=policy, element=c.element, order=c.order, label=c.label, text=c.text)
            for c in self.clauses
        )

    def _check_head(self) -> None:
        new = self.new
        if not 2 <= len(new.number.strip()) <= 60:
            self.faults.append(Fault("number", "写文号，如 奉教党〔2026〕12号，60 个字以内"))
        elif Policy.objects.filter(number=new.number.strip()).exclude(pk=self.policy.pk).exists():
            self.faults.append(Fault("number", "这个文号已经登记过，核对后再写"))
        if not 4 <= len(new.title.strip()) <= 200:
            self.faults.append(Fault("title", "写标题，4 至 200 个字"))
        if new.kind not in PolicyKind.values:
            self.faults.append(Fault("kind", "从实施方案、通知、示范文本、操作指南、其他文件里选"))
        if new.issued_on < EARLIEST:
            self.faults.append(Fault("issued_on", f"印发日期要在 {EARLIEST} 之后"))

    def _check_text(self) -> None:
        for clause in self.clauses:
            if len(clause.text) > LONGEST_CLAUSE:
                self.faults.append(Fault(clause.element, f"一条写到 {LONGEST_CLAUSE} 字以内，太长的分成几条"))
                break
        if len(self.clauses) > MOST_CLAUSES:
            self.faults.append(Fault("sections", f"条文最多 {MOST_CLAUSES} 条"))

    def _superseded(self) -> Policy | None:
        if self.new.supersedes is None:
            return None
        old = Policy.objects.in_force().filter(pk=self.new.supersedes).first()
        taken = Policy.objects.filter(supersedes=self.new.supersedes).exclude(pk=self.policy.pk).exists()
        if old is None or taken:
            self.faults.append(Fault("supersedes", "从现行文件里选要替代的；它已经被别的文件替代，或不在了"))
        return old
