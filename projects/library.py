"""案例库: finding cases by their words, those of their files included."""

from uuid import UUID

from django.db.models import Q, QuerySet

from accounts.models import User
from attachments.models import AttachmentText
from projects.models import SelectedCase

LABEL = SelectedCase._meta.label_lower


def may_read_case_files(user: User, case_id: UUID) -> bool:
    """Files of a case may be read by whoever sees the case."""
    return SelectedCase.objects.visible_to(user).filter(pk=case_id).exists()


def about(rows: QuerySet[SelectedCase], words: str) -> QuerySet[SelectedCase]:
    """Cases in which every word stands: in title, list, authors, text, school, or in one of their files."""
    for word in words.split():
        said = Q(title__icontains=word) | Q(summary__icontains=word) | Q(text__icontains=word)
        said |= Q(named__icontains=word) | Q(authors__icontains=word) | Q(school__name__icontains=word)
        rows = rows.filter(said | Q(pk__in=_in_files(word)))
    return rows


def _in_files(word: str) -> list[UUID]:
    """Cases with a file that has the word in its name or its text."""
    files = AttachmentText.objects.filter(attachment__subject__startswith=f"{LABEL}:")
    found = files.filter(Q(text__icontains=word) | Q(attachment__name__icontains=word))
    subjects = found.values_list("attachment__subject", flat=True)
    return [UUID(subject.partition(":")[2]) for subject in subjects]
