"""Reading files, a door: reads the clock and works off what waits."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from attachments.texts import claim_unread, read_words

WORK_FOR = timedelta(seconds=60)


@shared_task(name="attachments.read_words")
def read_waiting() -> None:
    """Read the words of new files; beat asks again soon when there are more than fit into a minute."""
    began = timezone.now()
    while claimed := claim_unread(at=timezone.now()):
        for attachment in claimed:
            read_words(attachment, timezone.now())
        if timezone.now() - began > WORK_FOR:
            return
