"""Reading the words of files in the background: claim a few, read each in a process of its own, keep words or reason."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import PurePath

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from attachments.models import Attachment, AttachmentText, TextState
from attachments.reading import READERS, SECONDS
from attachments.services import fact_of
from audit.services import record_many

BATCH = 10
TRIES = 2
GIVE_UP_AFTER = timedelta(minutes=5)  # a reader that has not answered by then was killed
DIED = "读取时中断（文件太复杂，或内存、时间用完）"
KEPT_ENVIRONMENT = ("PATH", "SYSTEMROOT", "LD_LIBRARY_PATH")  # no secret of the portal's goes to the reader
OTHER_KIND = "这种文件不读取文字"
LOST = "文件不在存储里"


def claim_unread(*, at: datetime) -> list[Attachment]:
    """Files nobody has read yet, the oldest first, and those whose reader died; each is marked before it is touched."""
    with transaction.atomic():
        died = Q(words__state=TextState.READING, words__tried_at__lt=at - GIVE_UP_AFTER)
        waiting = Attachment.objects.filter(Q(words__isnull=True) | died).select_related("words")
        found = list(waiting.order_by("created_at", "pk")[:BATCH])
        if not found:
            return []
        claimed = [one for one in found if _claim(one, at)]
    return claimed


def _claim(attachment: Attachment, at: datetime) -> bool:
    """Whether the file is ours to read."""
    before: AttachmentText | None = getattr(attachment, "words", None)
    if before is None:
        new = AttachmentText(attachment=attachment, state=TextState.READING, tries=1, tried_at=at)
        AttachmentText.objects.bulk_create([new], ignore_conflicts=True)
        return AttachmentText.objects.filter(pk=attachment.pk, tries=1, tried_at=at).exists()
    if before.tries >= TRIES:
        keep(attachment, TextState.FAILED, reason=DIED, at=at)
        return False
    mine = AttachmentText.objects.filter(pk=attachment.pk, tries=before.tries, tried_at=before.tried_at)
    return mine.update(tries=before.tries + 1, tried_at=at) == 1


def read_words(attachment: Attachment, at: datetime) -> None:
    """Read one claimed file. A copy of a file that was read before gets its words without a second reading."""
    ending = PurePath(attachment.name).suffix.lower()
    if ending not in READERS:
        keep(attachment, TextState.NONE, reason=OTHER_KIND, at=at)
        return
    settled = (TextState.READ, TextState.NONE)
    twin = AttachmentText.objects.filter(attachment__sha256=attachment.sha256, state__in=settled).first()
    if twin is not None and PurePath(twin.attachment.name).suffix.lower() == ending:
        keep(attachment, TextState(twin.state), text=twin.text, reason=twin.reason, at=at)
        return
    try:
        with attachment.file.open("rb") as file:
            content = file.read()
    except FileNotFoundError:
        keep(attachment, TextState.FAILED, reason=LOST, at=at)
        return
    state, text, reason = words_of(content, ending)
    keep(attachment, state, text=text, reason=reason, at=at)


def words_of(content: bytes, ending: str, *, command: Sequence[str] = ()) -> tuple[TextState, str, str]:
    """State, words and reason. Anything but a proper answer of the reader is a failure."""
    command = command or (sys.executable, "-m", "attachments.reading", ending)
    try:
        done = subprocess.run(  # noqa: S603  our own module, no shell; the ending is one of a fixed few
            command,
            input=content,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            cwd=settings.BASE_DIR,
            env={name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ},
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        return TextState.FAILED, "", DIED
    if text := answer.get("text", ""):
        return TextState.READ, text, ""
    state = TextState.FAILED if "fault" in answer else TextState.NONE
    return state, "", str(answer.get("reason", ""))[:200]


@transaction.atomic
def keep(attachment: Attachment, state: TextState, *, text: str = "", reason: str = "", at: datetime) -> None:
    """Keep what was found. The fact tells the search that there is something new; a file removed meanwhile is left alone."""
    found = AttachmentText.objects.filter(pk=attachment.pk)
    if not found.update(state=state, text=text, reason=reason, tried_at=at):
        return
    read = fact_of("attachments.file.words_read", attachment, result=str(state), length=len(text), reason=reason)
    record_many([read], by=None, at=at)
