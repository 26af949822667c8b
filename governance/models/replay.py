"""回放: one run of a draft over all past meetings, and what flips under it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from common.ids import new_id
from common.models import Tracked
from governance.models.catalogue import Catalogue
from governance.models.items import AgendaItem
from governance.models.meetings import Meeting
from governance.models.rulebook import RuleBook
from schools.models import School


class ReplayStatus(models.TextChoices):
    """A run waits for a worker, is worked on, and ends in one of three ways."""

    QUEUED = "queued", "等待开始"
    RUNNING = "running", "正在回放"
    DONE = "done", "已完成"
    OUTDATED = "outdated", "草案已改"
    FAILED = "failed", "没有完成"


LIVE = (ReplayStatus.QUEUED, ReplayStatus.RUNNING)


class ReplayRun(Tracked):
    """One run. It names the exact version of each draft it was about, and how far it has come.

    `reached_at` and `reached_id` are the last meeting judged, so that a run goes on where a killed worker left it. `digest` is the
    SHA-256 chain over all flips: two runs over the same meetings and drafts end with the same one.
    """

    catalogue = models.ForeignKey(
        Catalogue, verbose_name="目录草案", null=True, blank=True, on_delete=models.CASCADE, related_name="replays"
    )
    catalogue_version = models.PositiveIntegerField("目录草案的版本", default=0)
    rulebook = models.ForeignKey(
        RuleBook, verbose_name="规则草案", null=True, blank=True, on_delete=models.CASCADE, related_name="replays"
    )
    rulebook_version = models.PositiveIntegerField("规则草案的版本", default=0)
    status = models.CharField("状态", max_length=8, choices=ReplayStatus, default=ReplayStatus.QUEUED)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="发起人", on_delete=models.PROTECT, related_name="+"
    )
    until = models.DateTimeField("只看此前签发的会议")
    meetings_total = models.PositiveIntegerField("会议总数", default=0)
    meetings_done = models.PositiveIntegerField("已回放会议", default=0)
    items_done = models.PositiveIntegerField("已回放议题", default=0)
    flips_found = models.PositiveIntegerField("变化数", default=0)
    digest = models.CharField("结果校验码", max_length=64, blank=True)
    reached_at = models.DateTimeField("回放到（时间）", null=True, blank=True)
    reached_id = models.UUIDField("回放到（会议）", null=True, blank=True)
    claim = models.UUIDField("由哪一次办理", null=True, blank=True)
    beat_at = models.DateTimeField("最近一次进展", null=True, blank=True)
    finished_at = models.DateTimeField("结束时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "回放"
        default_permissions = ()
        indexes = (models.Index(fields=["-created_at", "-id"], name="replay_recent"),)
        constraints = (
            models.UniqueConstraint(
                fields=["catalogue"], name="one_live_replay_a_catalogue", condition=Q(status__in=["queued", "running"])
            ),
            models.UniqueConstraint(
                fields=["rulebook"], name="one_live_replay_a_rulebook", condition=Q(status__in=["queued", "running"])
            ),
            models.CheckConstraint(
                name="replays_are_of_a_draft", condition=Q(catalogue__isnull=False) | Q(rulebook__isnull=False)
            ),
            models.CheckConstraint(
                name="ended_replays_say_when",
                condition=Q(status__in=["queued", "running"], finished_at__isnull=True)
                | Q(status__in=["done", "outdated", "failed"], finished_at__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"回放 {self.created_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """The page of the drafts it is about."""
        return replay_url(self.catalogue_id, self.rulebook_id)

    def is_live(self) -> bool:
        """Whether it waits or is being worked on."""
        return self.status in LIVE

    @property
    def percent(self) -> int:
        """How far it is, 0 to 100."""
        return 100 * self.meetings_done // self.meetings_total if self.meetings_total else 0


def replay_url(catalogue: object, rulebook: object) -> str:
    """The page of the replay of these drafts (ids, or None)."""
    asked = [f"{name}={pk}" for name, pk in (("catalogue", catalogue), ("rules", rulebook)) if pk]
    return f"{reverse('governance:replay')}?{'&'.join(asked)}"


class ReplayFlip(models.Model):
    """One result that flips: rule and subject, what it was and what it would be. `order` counts within the run, from 1."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(ReplayRun, verbose_name="回放", on_delete=models.CASCADE, related_name="flips")
    order = models.PositiveIntegerField("次序")
    rule = models.CharField("规则", max_length=8)
    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.CASCADE, related_name="+")
    meeting = models.ForeignKey(Meeting, verbose_name="会议", on_delete=models.CASCADE, related_name="+")
    item = models.ForeignKey(
        AgendaItem, verbose_name="议题", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    matter = models.CharField("事项编号", max_length=6, blank=True)
    before_outcome = models.CharField("原来的结果", max_length=16)
    before_severity = models.CharField("原来的等级", max_length=8)
    after_outcome = models.CharField("新的结果", max_length=16)
    after_severity = models.CharField("新的等级", max_length=8)

    class Meta:
        verbose_name = verbose_name_plural = "回放中的变化"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["run", "order"], name="each_flip_place_once"),)
        indexes = (models.Index(fields=["run", "school", "matter"], name="flip_groups"),)

    def __str__(self) -> str:
        return f"{self.rule} {self.before_outcome} → {self.after_outcome}"
