"""The record of everything that happened (记录): append-only, hash-chained."""

from datetime import UTC
from typing import Any

from django.conf import settings
from django.db import models

from audit import chain


class Event(models.Model):
    """One fact. It keeps names as text and no foreign key to its subject, so that it outlives it.

    `hash` covers all fields and `prev_hash`; `manage.py audit_verify` walks the chain. Database triggers refuse
    UPDATE and DELETE (等保 2.0: audit records are protected from deletion and change).
    """

    seq = models.BigAutoField("序号", primary_key=True)
    kind = models.CharField("种类", max_length=80)
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(  # its index leaves out what the system does by itself
        settings.AUTH_USER_MODEL,
        verbose_name="人员",
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    actor_name = models.CharField("姓名", max_length=80)
    school_id = models.UUIDField("学校", null=True)
    subject = models.CharField("对象", max_length=120, blank=True)
    subject_text = models.CharField("对象名称", max_length=300, blank=True)
    data = models.JSONField("内容", default=dict)
    request_id = models.CharField("请求号", max_length=40, blank=True)
    told = models.BooleanField("已告知", default=False)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "记录"
        default_permissions = ()
        indexes = (
            models.Index(fields=["subject", "seq"], name="event_subject"),
            models.Index(fields=["school_id", "seq"], name="event_school"),
            models.Index(fields=["kind", "seq"], name="event_kind"),
            models.Index(fields=["at"], name="event_at"),
            models.Index(fields=["actor", "seq"], name="event_actor", condition=models.Q(actor__isnull=False)),
        )

    def __str__(self) -> str:
        return f"{self.seq} {self.kind} {self.subject}"

    def digest(self) -> str:
        """SHA-256 over length-prefixed canonical bytes of every field and the digest before."""
        moment = self.at.astimezone(UTC).isoformat(timespec="microseconds")
        fields: list[Any] = [
            self.prev_hash, self.kind, moment, self.actor_id or "", self.actor_name, self.school_id or "",
            self.subject, self.subject_text, self.request_id, int(self.told), chain.canonical(self.data),
        ]  # fmt: skip
        return chain.digest(map(chain.piece, fields))
