"""Accounts (账号). A person's rights come from appointments in `schools`, never from the account itself."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models

from common.ids import new_id


class UserManager(BaseUserManager["User"]):
    """Makes accounts. There is no `create_superuser`: no account is a superuser in daily work."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """An account with that sign-in name; without a password nobody can sign in with it."""
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        """Sign-in names are compared exactly."""
        return self.get(username=username)


class User(AbstractBaseUser, PermissionsMixin):
    """An account: of a person, or of another system (`is_machine`)."""

    PERSONAL_DATA: ClassVar = ("name", "phone", "email")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField("登录名", max_length=64, unique=True)
    name = models.CharField("姓名", max_length=80)
    phone = models.CharField("手机", max_length=20, blank=True)
    email = models.EmailField("邮箱", blank=True)
    is_active = models.BooleanField("启用", default=True)
    is_machine = models.BooleanField("接口账号", default=False)
    must_change_password = models.BooleanField("须改密码", default=True)
    large_text = models.BooleanField("大字", default=False)
    joined_at = models.DateTimeField("建立时间", null=True, blank=True)

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects = UserManager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        default_permissions = ()
        constraints = (
            models.CheckConstraint(
                name="machines_are_not_superusers", condition=models.Q(is_machine=False) | models.Q(is_superuser=False)
            ),
        )

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def is_staff(self) -> bool:
        """Django's own admin pages open to superusers only, and only where a setting switches them on."""
        return self.is_superuser


class CalendarToken(models.Model):
    """The secret in the address of a person's calendar feed. Only its digest is kept: the address is shown once."""

    account = models.OneToOneField(
        User, verbose_name="账号", on_delete=models.CASCADE, related_name="calendar_token", primary_key=True
    )
    digest = models.CharField("摘要", max_length=64, unique=True)
    at = models.DateTimeField("生成时间")

    class Meta:
        verbose_name = verbose_name_plural = "日历订阅"
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.account_id)


class KeptAnswer(models.Model):
    """The answer to a request with an Idempotency-Key, kept for three days."""

    account = models.ForeignKey(User, verbose_name="账号", on_delete=models.CASCADE, related_name="+")
    key = models.CharField("键", max_length=100)
    digest = models.CharField("正文摘要", max_length=64)
    at = models.DateTimeField("时间", db_index=True)
    status = models.PositiveSmallIntegerField("状态", default=0)
    body = models.TextField("答复", blank=True)
    etag = models.CharField("版本", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "已答复的请求"
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["account", "key"], name="each_key_once_an_account"),)

    def __str__(self) -> str:
        return self.key
