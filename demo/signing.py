"""What happens around the signature in the demonstration district: members confirm, some keep silent, one objects; old minutes are archived."""

from datetime import datetime, timedelta
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import User
from demo.days import clock, working_day
from demo.people import Cast
from demo.words import words
from governance.confirming import WORKING_DAYS
from governance.models import Meeting
from governance.services import archive_meeting, attach_scans, object_to_record
from governance.services.confirming import confirm_together, to_confirm
from schools.permissions import Post

SILENT = 0.12
PAGE = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\nxref\n0 4\n0000000000 65535 f \n"
    b"0000000009 00000 n \n0000000052 00000 n \n0000000101 00000 n \ntrailer<</Size 4/Root 1 0 R>>\nstartxref\n164\n%%EOF\n"
)


class Confirmer:
    """The members of one meeting between 送签 and 签发, with dice of their own, so that nothing else shifts."""

    def __init__(self, cast: Cast, starts: datetime, minuted: datetime) -> None:
        self.cast, self.minuted = cast, minuted
        self.rng = Random(f"{cast.row.code} {starts} confirm")  # noqa: S311  reproducible on purpose

    def when(self, signed: datetime) -> datetime:
        """In the evening, or first thing on the next working day; in any case before the signature."""
        evening = self.minuted + timedelta(minutes=self.rng.randint(20, 90))
        morning = clock(working_day(self.minuted.date(), 1), 8, self.rng.randint(5, 50))
        return min(self.rng.choice((evening, morning)), signed - timedelta(minutes=5))

    def may_be_silent(self, signed: datetime) -> bool:
        """Whether the signature comes so late that silence does not stop it."""
        last = working_day(self.minuted.date(), WORKING_DAYS)
        return signed >= clock(last, self.minuted.hour, self.minuted.minute) + timedelta(minutes=1)

    def confirm(self, meeting: Meeting, at: datetime, silence: float) -> Meeting:
        """Everybody asked confirms, each with the chance to keep silent."""
        return confirm_together(
            meeting=meeting, by=[u for u in self._asked(meeting, at) if self.rng.random() >= silence], at=at
        )

    def object(self, meeting: Meeting, at: datetime) -> Meeting:
        """One of them objects to his own words."""
        asked = self._asked(meeting, at)
        if not asked:
            return meeting
        reason = self.rng.choice(words()["objections"])
        return object_to_record(meeting=meeting, reason=reason, by=self.rng.choice(asked), at=at)

    def _asked(self, meeting: Meeting, at: datetime) -> list[User]:
        seats = [self.cast.holder_of(seat.member.person_id) for seat in to_confirm(meeting)]
        return [holder.user for holder in seats if holder.serves(at.date())]


def archive(meeting: Meeting, cast: Cast, at: datetime) -> Meeting:
    """The signed original is scanned and the minutes are archived."""
    clerk = cast.head(Post.CLERK, at.date()).user
    name = f"{meeting.title()}纪要签字件.pdf"
    meeting = attach_scans(meeting=meeting, files=[SimpleUploadedFile(name, PAGE)], by=clerk, at=at)
    return archive_meeting(meeting=meeting, by=clerk, at=at + timedelta(minutes=3))
