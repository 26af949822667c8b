"""What is still to be told (发件箱), what stands in inboxes (提醒), and what went out by other channels (发送)."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.models import Event
from common.ids import new_id


class Outbox(models.Model):
    """A fact that is still to be told. Written in the transaction of the fact; gone when everybody has been told."""

    event = models.OneToOneField(
        Event, verbose_name="记录", on_delete=models.PROTECT, primary_key=True, related_name="+"
    )
    parked_at = models.DateTimeField("搁置时间", null=True, blank=True)
    error = models.CharField("原因", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发件箱"
        default_permissions = ()
        indexes = (models.Index(fields=["event"], name="outbox_open", condition=Q(parked_at__isnull=True)),)

    def __str__(self) -> str:
        return str(self.event_id)


class Message(models.Model):
    """One notice in one inbox: unique for fact and reader."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    event = models.ForeignKey(Event, verbose_name="记录", on_delete=models.PROTECT, related_name="+")
    reader = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name="收件人", on_delete=models.PROTECT, related_name="inbox"
    )
    kind = models.CharField("种类", max_length=80)
    title = models.CharField("标题", max_length=300)
    url = models.CharField("链接", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("已读时间", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "提醒"
        default_permissions = ()
        indexes = (
            models.Index(fields=["reader", "-at", "-id"], name="message_inbox"),
            models.Index(fields=["reader"], name="message_unread", condition=Q(read_at__isnull=True)),
        )
        constraints = (models.UniqueConstraint(fields=["event", "reader"], name="each_reader_told_once"),)

    def __str__(self) -> str:
        return self.title


class Delivery(models.Model):
    """A notice on its way by an outside channel. `letter_id` (the Message-ID) never changes, so a repeat after a kill can be recognised."""

    class Status(models.TextChoices):
        WAITING = "waiting", "待发"
        SENDING = "sending", "发送中"
        SENT = "sent", "已发"
        GIVEN_UP = "given_up", "未送达"

    PERSONAL_DATA: ClassVar = ("address",)

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    message = models.ForeignKey(Message, verbose_name="提醒", on_delete=models.CASCADE, related_name="deliveries")
    channel = models.CharField("渠道", max_length=16)
    address = models.CharField("地址", max_length=254)
    letter_id = models.CharField("信件标识", max_length=120, unique=True)
    status = models.CharField("状态", max_length=10, choices=Status, default=Status.WAITING)
    try_at = models.DateTimeField("下次发送")
    attempts = models.PositiveSmallIntegerField("次数", default=0)
    sent_at = models.DateTimeField("发出时间", null=True, blank=True)
    error = models.CharField("原因", max_length=300, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "发送"
        default_permissions = ()
        indexes = (
            models.Index(fields=["try_at", "id"], name="delivery_open", condition=Q(status__in=["waiting", "sending"])),
        )
        constraints = (
            models.UniqueConstraint(fields=["message", "channel"], name="each_channel_once"),
            models.CheckConstraint(
                name="sent_deliveries_say_when",
                condition=Q(status="sent", sent_at__isnull=False) | (~Q(status="sent") & Q(sent_at__isnull=True)),
            ),
        )

    def __str__(self) -> str:
        return self.letter_id
