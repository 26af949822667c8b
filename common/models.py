"""What every stored object has: an id that never changes meaning, two times and a version."""

from datetime import datetime

from django.db import models

from common.ids import new_id


class Tracked(models.Model):
    """Base of all objects that outside callers can name.

    `version` grows with each change and is what `If-Match` and the hidden form field are compared with.
    """

    id = models.UUIDField("标识", primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField("建立时间", editable=False)
    updated_at = models.DateTimeField("更新时间", editable=False)
    version = models.PositiveIntegerField("版本", default=0, editable=False)

    class Meta:
        abstract = True

    def stamp(self, at: datetime) -> None:
        """Count one more change, made at `at`. The caller saves."""
        if self._state.adding:
            self.created_at = at
        self.updated_at = at
        self.version += 1

    def commit(self, at: datetime) -> None:
        """Stamp and save."""
        self.stamp(at)
        self.save()

    @property
    def etag(self) -> str:
        """The entity tag of this version of this object."""
        return f'"{self.pk.hex}-{self.version}"'
