"""E-mail."""

from django.conf import settings
from django.core.mail import EmailMessage

from notifications.models import Delivery


def send(delivery: Delivery) -> None:
    """Send one notice; raises what the mail server raises. The Message-ID stays the same in every repeat."""
    message = delivery.message
    body = f"{message.title}\n\n打开：{settings.PORTAL_URL}{message.url}\n\n本邮件由系统发出，不用回复。"
    EmailMessage(
        subject=f"【{settings.PORTAL_TITLE}】{message.title}"[:200].replace("\n", " "),
        body=body,
        to=[delivery.address],
        headers={"Message-ID": delivery.letter_id},
    ).send()
