"""Reading tasks."""

from uuid import UUID

from accounts.models import User
from checklists.models import Task


def may_read_files(user: User, task_id: UUID) -> bool:
    """Evidence may be read by whoever may see the task."""
    return Task.objects.visible_to(user).filter(pk=task_id).exists()
