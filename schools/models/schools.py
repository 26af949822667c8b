"""Schools (学校) and their Party organisations (党组织)."""

from django.db import models
from django.db.models import Q
from django.urls import reverse
from guardian.models import GroupObjectPermissionBase

from common.models import Tracked
from schools.models.offices import Office
from schools.permissions import SchoolPerm
from schools.querysets import SchoolQuerySet


class Stage(models.TextChoices):
    """学段."""

    PRIMARY = "primary", "小学"
    JUNIOR = "junior", "初中"
    NINE_YEAR = "nine_year", "九年一贯"
    SENIOR = "senior", "高中"
    VOCATIONAL = "vocational", "职高"
    SPECIAL = "special", "特教"
    KINDERGARTEN = "kindergarten", "幼儿园"


class Location(models.TextChoices):
    """区位."""

    URBAN = "urban", "城区"
    TOWN = "town", "镇区"
    RURAL = "rural", "农村"


class Size(models.TextChoices):
    """规模."""

    LARGE = "large", "大"
    MEDIUM = "medium", "中"
    SMALL = "small", "小"


class Foundation(models.TextChoices):
    """基础强弱."""

    STRONG = "strong", "强"
    MEDIUM = "medium", "中"
    WEAK = "weak", "弱"


class PartyOrgType(models.TextChoices):
    """党组织类型 (R-C06)."""

    COMMITTEE = "committee", "党委"
    GENERAL_BRANCH = "general_branch", "党总支"
    BRANCH = "branch", "党支部"


class LeadershipMode(models.TextChoices):
    """领导配备模式 (R-C06)."""

    SEPARATE = "separate", "分设"
    COMBINED = "combined", "一人担任"


class PilotStatus(models.TextChoices):
    """Where the school stands in the pilot; the rollout keeps it."""

    NONE = "none", "未申报"
    APPLYING = "applying", "申报中"
    APPROVED = "approved", "已批准"
    IMPLEMENTING = "implementing", "实施中"
    IMPLEMENTED = "implemented", "已全面实施"


class School(Tracked):
    """A school of the bureau. Grants of django-guardian hang on it."""

    code = models.CharField("学校代码", max_length=12, unique=True)
    name = models.CharField("学校名称", max_length=60, unique=True)
    short_name = models.CharField("简称", max_length=20)
    py = models.CharField("拼音", max_length=200, blank=True)
    py_first = models.CharField("首字母", max_length=40, blank=True)
    stage = models.CharField("学段", max_length=16, choices=Stage)
    office = models.ForeignKey(
        Office, verbose_name="教办", null=True, blank=True, on_delete=models.PROTECT, related_name="schools"
    )
    township = models.CharField("镇（街道）", max_length=40, null=True, blank=True)  # noqa: DJ001  the contract says null
    location = models.CharField("区位", max_length=8, choices=Location)
    size = models.CharField("规模", max_length=8, choices=Size)
    foundation = models.CharField("基础", max_length=8, choices=Foundation)
    students = models.PositiveIntegerField("学生数")
    staff = models.PositiveIntegerField("教职工数")
    party_org_type = models.CharField("党组织类型", max_length=16, choices=PartyOrgType)
    has_committee = models.BooleanField("已建立党组织委员会")
    leadership_mode = models.CharField("领导配备模式", max_length=10, choices=LeadershipMode)
    pilot_status = models.CharField("试点状态", max_length=14, choices=PilotStatus, default=PilotStatus.NONE)
    implemented_on = models.DateField("全面实施日期", null=True, blank=True)

    objects = SchoolQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "学校"
        default_permissions = ()
        permissions = tuple((str(perm), perm.label) for perm in SchoolPerm)
        indexes = (models.Index(fields=["py", "id"], name="school_py"),)
        constraints = (
            models.CheckConstraint(
                name="implemented_schools_say_when",
                condition=Q(pilot_status=PilotStatus.IMPLEMENTED, implemented_on__isnull=False)
                | (~Q(pilot_status=PilotStatus.IMPLEMENTED) & Q(implemented_on__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The school's page."""
        return reverse("schools:detail", args=[self.code])


class PartyOrganisation(Tracked):
    """The Party organisation of a school (党组织), named as it appears at the head of minutes."""

    school = models.OneToOneField(
        School, verbose_name="学校", on_delete=models.CASCADE, related_name="party_organisation"
    )
    name = models.CharField("名称", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "党组织"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class SchoolGroupObjectPermission(GroupObjectPermissionBase):
    """Guardian's grants to the group "school × post", with a real foreign key to School."""

    content_object = models.ForeignKey(School, on_delete=models.CASCADE)

    class Meta(GroupObjectPermissionBase.Meta):
        default_permissions = ()
