"""公开稿 (A68): the sealed minutes without items that are not public, without who voted, and with names hidden. Pure reading.

Names stay where somebody acts in office: who chaired, who reported, who is responsible, who signed. Everywhere else a name of a
person the school knows is hidden, in office or not, for there it tells whom an item is about. Names the portal does not know are
added by the school; nobody but a reader can be sure that none was forgotten.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import Q

from accounts.models import User
from common.dates import local_day
from governance.documents.reading import printed_minutes
from governance.guards import may_record, may_sign
from governance.keeping import checksum, sealed_version
from governance.minutes_text import Minutes, Section, as_document
from governance.models import Meeting, MeetingStatus, Publication, Secrecy
from governance.rules.reference import Reference
from schools.models import Appointment, Person

SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
COMPOUND = frozenset(
    "欧阳 司马 上官 诸葛 东方 皇甫 尉迟 公孙 令狐 慕容 夏侯 司徒 端木 长孙 宇文 独孤 南宫 西门 百里 轩辕".split()
)
ONE = "[^，。；：、]{1,20}同志"
AWAY = re.compile(f"((?:{ONE}、)*{ONE})(?=回避，没有参加|离席。|提交了书面意见)")
IN_OFFICE = (("听取了", "同志的汇报"), ("由", "同志负责"))  # before and after a name that stands for an office
NUMBERS = re.compile(r"(?<![0-9])(?:1[0-9]{10}|[0-9]{17}[0-9Xx])(?![0-9])")  # telephone, identity card
SHORTEST = 2


@dataclass(frozen=True)
class Names:
    """Names that are hidden, and those of them whose bearers were in office on the day of the meeting."""

    known: frozenset[str]
    office: frozenset[str]

    def hidden_in(self, text: str, *, chair: str = "") -> str:
        """The text without them, save where one of them acts in office; `chair` is the name that stays as that of who chaired."""
        if not self.known:
            return NUMBERS.sub("***", text)
        found = re.compile(
            "|".join(re.escape(name) for name in sorted(self.known, key=lambda name: (-len(name), name)))
        )
        told = found.sub(lambda match: match[0] if self._stays(match, text, chair) else masked(match[0]), text)
        return NUMBERS.sub("***", told)

    def _stays(self, match: "re.Match[str]", text: str, chair: str) -> bool:
        if match[0] not in self.office:
            return False
        if chair and match[0] == chair:
            return True
        before, after = text[: match.start()], text[match.end() :]
        return any(before.endswith(lead) and after.startswith(tail) for lead, tail in IN_OFFICE)


def masked(name: str) -> str:
    """王某, 王某某; a surname of two characters stays whole."""
    surname = name[:2] if name[:2] in COMPOUND and len(name) > 2 else name[:1]
    return surname + "某" * min(len(name) - len(surname), 2)


def may_open(meeting: Meeting, user: User) -> bool:
    """Who records or signs prepares the publication; it exists once the minutes are signed."""
    return meeting.status in SIGNED and (may_record(meeting, user) or may_sign(meeting, user))


def names_of(meeting: Meeting, further: Collection[str] = ()) -> Names:
    """Everybody of the school's people, whoever held a post there, and the further names. Two queries."""
    held = Appointment.objects.filter(school=meeting.school_id)
    people = Person.objects.filter(Q(school=meeting.school_id) | Q(pk__in=held.values("person")))
    known = {name for name in (*people.values_list("name", flat=True), *further) if len(name) >= SHORTEST}
    today = held.on(local_day(meeting.scheduled_at)).values_list("person__name", flat=True)
    return Names(frozenset(known), frozenset(today) - frozenset(further))


def publication_of(meeting: Meeting, reference: Reference, further: Collection[str] = ()) -> Minutes:
    """The minutes for the public. Expects `documents.reading.for_minutes`."""
    names, text = names_of(meeting, further), printed_minutes(meeting, reference)
    public = {str(item.pk) for item in meeting.items.all() if item.secrecy == Secrecy.PUBLIC}
    chair = meeting.chair.name if meeting.chair else ""
    return replace(
        text,
        opening=names.hidden_in(text.opening, chair=chair),
        sections=tuple(_section(part, names, public) for part in text.sections),
        lines=tuple(line for line in text.lines if line[0] == "签发"),
    )


def _section(part: Section, names: Names, public: Collection[str]) -> Section:
    if part.item not in public:
        return Section(part.order, part.item, f"第{part.order}项不公开", (), withheld=True)
    told = (AWAY.sub(lambda found: f"{found[0].count('同志')}人", paragraph) for paragraph in part.paragraphs)
    return replace(part, heading=names.hidden_in(part.heading), paragraphs=tuple(map(names.hidden_in, told)))


def digest_of(minutes: Minutes) -> str:
    """What tells whether the text is still the one that was made public."""
    return checksum(as_document(minutes))


def version_of(meeting: Meeting) -> int:
    """The version of the minutes that it is made from."""
    sealed = sealed_version(meeting)
    return sealed.number if sealed else 1


def kept_of(meeting: Meeting) -> Publication | None:
    """What is kept of the publication."""
    return Publication.objects.select_related("published_by").filter(meeting=meeting).first()
