"""Other systems that read by REST (接口方)."""

from django.conf import settings
from django.db import models

from common.models import Tracked
from schools.models.schools import School


class ApiClient(Tracked):
    """A machine caller: its account, its OAuth2 application, its scopes and its schools (none named = all)."""

    name = models.CharField("名称", max_length=80, unique=True)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, verbose_name="账号", on_delete=models.PROTECT, related_name="api_client"
    )
    application = models.OneToOneField(
        settings.OAUTH2_PROVIDER_APPLICATION_MODEL,
        verbose_name="OAuth2 应用",
        on_delete=models.PROTECT,
        related_name="portal_client",
    )
    scopes = models.JSONField("权限范围", default=list)
    all_schools = models.BooleanField("全部学校", default=True)
    schools = models.ManyToManyField(School, verbose_name="学校", blank=True, related_name="+")
    is_active = models.BooleanField("启用", default=True)

    class Meta:
        verbose_name = verbose_name_plural = "接口方"
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
