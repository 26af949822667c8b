"""E-mail."""

import structlog
from django.conf import settings
from django.core.mail import EmailMessage

from audit.registry import kind_of
from notifications.models import Delivery

log = structlog.get_logger("portal.notifications")


def send(delivery: Delivery) -> None:
    """Send one notice; raises what the mail server raises. The Message-ID stays the same in every repeat."""
    message = delivery.message
    body = f"{message.title}\n\n打开：{settings.PORTAL_URL}{message.url}\n\n本邮件由系统发出，不用回复。"
    letter = EmailMessage(
        subject=f"【{settings.PORTAL_TITLE}】{message.title}"[:200].replace("\n", " "),
        body=body,
        to=[delivery.address],
        headers={"Message-ID": delivery.letter_id},
    )
    _enclose(letter, delivery)
    letter.send()


def _enclose(letter: EmailMessage, delivery: Delivery) -> None:
    """What the kind of the fact adds. A file that cannot be made keeps no letter back: the notice itself matters more."""
    message = delivery.message
    files = kind_of(message.kind).files
    if files is None:
        return
    try:
        enclosed = files(message.event, message.reader_id)
    except Exception as fault:  # making a file may fail in any way
        log.error("enclosure_left_out", delivery=str(delivery.pk), kind=message.kind, error=repr(fault))
        return
    for file in enclosed:
        letter.attach(file.name, file.content, file.media_type)
