"""Files (附件) with their school and subject."""

from django.conf import settings
from django.db import models
from django.urls import reverse

from common.models import Tracked
from schools.models import School


class Attachment(Tracked):
    """One stored file. `subject` names what it belongs to (`checklists.task:<id>`); its guard decides who may read it.

    Files of the bureau's own documents belong to no school.
    """

    school = models.ForeignKey(
        School, verbose_name="学校", null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    subject = models.CharField("对象", max_length=120)
    name = models.CharField("文件名", max_length=200)
    file = models.FileField("文件", upload_to="attachments")
    size = models.PositiveIntegerField("字节")
    media_type = models.CharField("类型", max_length=100)
    sha256 = models.CharField("摘要", max_length=64)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="上传人", on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        default_permissions = ()
        indexes = (models.Index(fields=["subject", "created_at"], name="attachment_subject"),)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """The one download door."""
        return reverse("attachments:download", args=[self.pk])


class TextState(models.TextChoices):
    """How far the reading of a file's words is."""

    READING = "reading", "正在读取"
    READ = "read", "已读取"
    NONE = "none", "没有文字"
    FAILED = "failed", "读不出"


class AttachmentText(models.Model):
    """The words of a file, for the full-text search. `reason` says why there are none; `tries` ends what kills its reader."""

    attachment = models.OneToOneField(
        Attachment, verbose_name="附件", on_delete=models.CASCADE, related_name="words", primary_key=True
    )
    state = models.CharField("状态", max_length=7, choices=TextState)
    text = models.TextField("文字", blank=True)
    reason = models.CharField("原因", max_length=200, blank=True)
    tries = models.PositiveSmallIntegerField("读取次数", default=0)
    tried_at = models.DateTimeField("读取时间")

    class Meta:
        verbose_name = verbose_name_plural = "附件文字"
        default_permissions = ()
        indexes = (models.Index(fields=["tried_at"], name="texts_being_read", condition=models.Q(state="reading")),)

    def __str__(self) -> str:
        return f"{self.attachment_id} {self.state}"
