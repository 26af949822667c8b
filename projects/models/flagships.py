"""书记领雁项目: the application (structures.md 3.2), the team, the milestones, and where the project stands."""

from datetime import date
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from accounts.models import User
from checklists.models import Task
from common.models import Tracked
from schools import access
from schools.models import Person, School
from schools.permissions import SchoolPerm


class Kind(models.TextChoices):
    """The four kinds of “党建+教育”."""

    MORAL_EDUCATION = "moral_education", "党建+育人"
    TEACHING = "teaching", "党建+教学"
    CULTURE = "culture", "党建+文化"
    MANAGEMENT = "management", "党建+管理"


class FlagshipStatus(models.TextChoices):
    """States of a project. A draft is the school's own and no object of the API; 逾期 is computed."""

    DRAFT = "draft", "草稿"
    APPLIED = "applied", "已申报"
    LISTED = "listed", "已立项"
    RUNNING = "running", "实施中"
    MID_CHECKED = "mid_checked", "已过中期"
    CONCLUDED = "concluded", "已结题"
    EXTENDED = "extended", "已延期"
    TERMINATED = "terminated", "已终止"


S = FlagshipStatus
LISTED_OR_LATER = (S.LISTED, S.RUNNING, S.MID_CHECKED, S.CONCLUDED, S.EXTENDED, S.TERMINATED)
STARTED = (S.RUNNING, S.MID_CHECKED, S.CONCLUDED, S.EXTENDED)
RUNNING = (S.LISTED, S.RUNNING, S.MID_CHECKED, S.EXTENDED)


class Grade(models.TextChoices):
    """How a project is concluded."""

    EXCELLENT = "excellent", "优秀"
    GOOD = "good", "合格"


class Area(models.TextChoices):
    """Fields of school life that a project reaches; the coverage map shows which are untouched."""

    MORALS = "morals", "德育思政"
    CLASSROOM = "classroom", "课堂教学"
    CURRICULUM = "curriculum", "课程建设"
    TEACHERS = "teachers", "教师发展"
    CULTURE = "culture", "校园文化"
    FAMILY = "family", "家校社协同"
    HEALTH = "health", "体育与心理"
    LABOUR = "labour", "劳动与实践"
    GOVERNANCE = "governance", "内部治理"
    SAFETY = "safety", "安全与后勤"


class FlagshipQuerySet(models.QuerySet["Flagship"]):
    """Finding projects."""

    def visible_to(self, user: User) -> Self:
        """Projects of the schools whose file this account may see; a draft is for the people of the school alone."""
        rows = access.within(self, user, SchoolPerm.VIEW_SCHOOL)
        return rows.filter(~Q(status=S.DRAFT) | Q(school_id__in=schools_of(user)))

    def listed_by(self, day: date) -> Self:
        """Listed on that day or before, whatever became of them (F08)."""
        return self.filter(listed_on__lte=day)


def schools_of(user: User) -> set[UUID]:
    """The schools at which the account holds a post today."""
    return {a.school_id for a in access.rights_of(user).appointments if a.school_id is not None}


def _person(label: str) -> models.ForeignKey:
    return models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=label, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )


def _moment(label: str) -> models.DateTimeField:
    return models.DateTimeField(label, null=True, blank=True)


def _both(name: str) -> Q:
    """Who and when stand together or not at all."""
    return Q(**{f"{name}_by__isnull": True, f"{name}_at__isnull": True}) | Q(
        **{f"{name}_by__isnull": False, f"{name}_at__isnull": False}
    )


IMPORTED = Q(imported_at__isnull=False)


class Flagship(Tracked):
    """One project from its application on. `round` counts applications: a returned one is applied for anew."""

    school = models.ForeignKey(School, verbose_name="学校", on_delete=models.PROTECT, related_name="flagships")
    number = models.CharField("编号", max_length=20, blank=True)
    title = models.CharField("项目名称", max_length=80)
    kind = models.CharField("类别", max_length=16, choices=Kind)
    leader = models.ForeignKey(
        Person, verbose_name="主持人", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    leader_name = models.CharField("主持人姓名", max_length=40, blank=True)
    status = models.CharField("状态", max_length=12, choices=FlagshipStatus, default=S.DRAFT)
    round = models.PositiveSmallIntegerField("申报次数", default=0)
    problem = models.TextField("问题与目标", max_length=2000, blank=True)
    content = models.TextField("内容与举措", max_length=4000, blank=True)
    outcomes = models.TextField("预期成果", max_length=2000, blank=True)
    funds_asked = models.DecimalField("申请经费（元）", max_digits=10, decimal_places=2, null=True, blank=True)
    funds_note = models.CharField("经费用途", max_length=500, blank=True)
    party_opinion = models.CharField("党组织意见", max_length=500, blank=True)
    party_met_on = models.DateField("党组织会议日期", null=True, blank=True)
    mid_due_on = models.DateField("中期检查时间", null=True, blank=True)
    ends_on = models.DateField("完成期限", null=True, blank=True)
    ended_before = models.DateField("延期前的完成期限", null=True, blank=True)
    budget = models.DecimalField("核定经费（元）", max_digits=10, decimal_places=2, null=True, blank=True)
    listed_on = models.DateField("立项日期", null=True, blank=True)
    grade = models.CharField("结题等次", max_length=10, choices=Grade, blank=True)
    reason = models.CharField("理由", max_length=500, blank=True)
    office_advice = models.CharField("教办意见", max_length=500, blank=True)
    office_backs = models.BooleanField("教办推荐", null=True, blank=True)
    check_note = models.CharField("初审意见", max_length=500, blank=True)
    mid_opinion = models.CharField("中期意见", max_length=500, blank=True)
    end_opinion = models.CharField("结题意见", max_length=500, blank=True)
    applied_by, applied_at = _person("申报人"), _moment("申报时间")
    office_by, office_at = _person("教办经办人"), _moment("教办意见时间")
    checked_by, checked_at = _person("初审人"), _moment("初审时间")
    listed_by, listed_at = _person("立项人"), _moment("立项登记时间")
    started_by, started_at = _person("启动人"), _moment("启动时间")
    mid_checked_by, mid_checked_at = _person("中期检查人"), _moment("中期检查登记时间")
    extended_by, extended_at = _person("延期经办人"), _moment("延期时间")
    concluded_by, concluded_at = _person("结题经办人"), _moment("结题时间")
    terminated_by, terminated_at = _person("终止人"), _moment("终止时间")
    imported_by, imported_at = _person("导入人"), _moment("导入时间")

    objects = FlagshipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "书记领雁项目"
        default_permissions = ()
        indexes = (
            models.Index(fields=["updated_at", "id"], name="flagship_updated"),
            models.Index(fields=["school", "status"], name="flagship_school"),
            models.Index(fields=["status", "number", "id"], name="flagship_status"),
        )
        constraints = (
            models.UniqueConstraint(fields=["number"], name="each_flagship_number_once", condition=~Q(number="")),
            models.UniqueConstraint(
                fields=["school", "title"], name="each_flagship_title_once_a_school", condition=~Q(title="")
            ),
            models.CheckConstraint(name="flagship_kinds_are_four", condition=Q(kind__in=Kind.values)),
            models.CheckConstraint(name="flagship_states_are_known", condition=Q(status__in=FlagshipStatus.values)),
            models.CheckConstraint(
                name="applied_flagships_say_who_and_when",
                condition=_both("applied") & (Q(status=S.DRAFT) | Q(applied_at__isnull=False) | IMPORTED),
            ),
            models.CheckConstraint(
                name="listed_flagships_say_who_when_and_number",
                condition=(
                    Q(status__in=LISTED_OR_LATER, listed_by__isnull=False, listed_at__isnull=False)
                    & Q(listed_on__isnull=False, budget__isnull=False, budget__gte=0)
                    & ~Q(number="")
                )
                | (
                    Q(status__in=(S.DRAFT, S.APPLIED), listed_by__isnull=True, listed_at__isnull=True)
                    & Q(listed_on__isnull=True, budget__isnull=True, number="")
                ),
            ),
            models.CheckConstraint(
                name="started_flagships_say_who_and_when",
                condition=_both("started") & (~Q(status__in=STARTED) | Q(started_at__isnull=False) | IMPORTED),
            ),
            models.CheckConstraint(
                name="mid_checked_flagships_say_who_and_when",
                condition=_both("mid_checked")
                & (~Q(status=S.MID_CHECKED) | Q(mid_checked_at__isnull=False) | IMPORTED),
            ),
            models.CheckConstraint(
                name="extended_flagships_say_who_and_when",
                condition=_both("extended")
                & (~Q(status=S.EXTENDED) | Q(extended_at__isnull=False, ends_on__isnull=False))
                & (Q(extended_at__isnull=True) | Q(ended_before__isnull=True) | Q(ends_on__gt=F("ended_before"))),
            ),
            models.CheckConstraint(
                name="concluded_flagships_say_who_when_and_grade",
                condition=(
                    Q(status=S.CONCLUDED, concluded_by__isnull=False, concluded_at__isnull=False)
                    & Q(grade__in=Grade.values)
                )
                | (~Q(status=S.CONCLUDED) & Q(concluded_by__isnull=True, concluded_at__isnull=True, grade="")),
            ),
            models.CheckConstraint(
                name="terminated_flagships_say_who_when_and_why",
                condition=(
                    Q(status=S.TERMINATED, terminated_by__isnull=False, terminated_at__isnull=False) & ~Q(reason="")
                )
                | (~Q(status=S.TERMINATED) & Q(terminated_by__isnull=True, terminated_at__isnull=True)),
            ),
            models.CheckConstraint(name="office_opinions_say_who_and_when", condition=_both("office")),
            models.CheckConstraint(name="checked_flagships_say_who_and_when", condition=_both("checked")),
            models.CheckConstraint(name="imported_flagships_say_who_and_when", condition=_both("imported")),
            models.CheckConstraint(
                name="who_applies_does_not_list",
                condition=Q(listed_by__isnull=True) | Q(applied_by__isnull=True) | ~Q(listed_by=F("applied_by")),
            ),
        )

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The project's page."""
        return reverse("projects:flagship", args=[self.pk])

    @property
    def leader_text(self) -> str:
        """The leader's name, of an imported project as the file gave it."""
        return self.leader.name if self.leader is not None else self.leader_name


class FlagshipArea(models.Model):
    """A field of school life that the project reaches."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.CASCADE, related_name="areas")
    area = models.CharField("领域", max_length=12, choices=Area)

    class Meta:
        verbose_name = verbose_name_plural = "涉及领域"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["project", "area"], name="each_area_once_a_flagship"),)

    def __str__(self) -> str:
        return self.get_area_display()


class TeamMember(models.Model):
    """Somebody in the project's team, other than the leader. `person` is empty for people the portal does not know."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.CASCADE, related_name="team")
    order = models.PositiveSmallIntegerField("序号", default=1)
    person = models.ForeignKey(
        Person, verbose_name="人员", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    name = models.CharField("姓名", max_length=40)
    duty = models.CharField("分工", max_length=60, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "项目组成员"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["project", "name"], name="each_member_once_a_flagship"),)

    def __str__(self) -> str:
        return self.name


class Milestone(models.Model):
    """A milestone of the plan (节点) with its 四明确; from the start on it is a task of the checklist."""

    project = models.ForeignKey(Flagship, verbose_name="项目", on_delete=models.CASCADE, related_name="milestones")
    order = models.PositiveSmallIntegerField("序号", default=1)
    target = models.CharField("目标任务", max_length=300)
    measures = models.CharField("推进措施", max_length=1000)
    due_on = models.DateField("完成时限")
    responsible = models.ForeignKey(Person, verbose_name="责任主体", on_delete=models.PROTECT, related_name="+")
    units = models.CharField("协同部门", max_length=200, blank=True)
    task = models.OneToOneField(
        Task, verbose_name="任务", null=True, blank=True, on_delete=models.PROTECT, related_name="milestone"
    )

    class Meta:
        verbose_name = verbose_name_plural = "节点"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(name="milestones_have_four_definites", condition=~Q(target="") & ~Q(measures="")),
        )

    def __str__(self) -> str:
        return self.target
