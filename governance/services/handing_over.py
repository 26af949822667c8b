"""转党组织会议: what the principal's meeting proposed becomes a topic of the Party meeting, nothing typed twice (A23, R-T08)."""

from dataclasses import replace
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from accounts.models import User
from attachments.models import Attachment
from attachments.services import copy_to
from audit.services import subject_of
from common.dates import local_day
from common.errors import NotAllowed, Stale, WrongState
from governance.models import AgendaItem, Matter, MeetingStatus, Outcome, Secrecy, Topic, TopicStatus, TopicTalk
from governance.models.catalogue import in_force
from governance.secrecy import RESTRICTED_MATTERS
from governance.services.base import locked
from governance.services.preparation import PRINCIPAL_MEETING, StepInput
from governance.services.topic_base import STALE, give_number, holders_of, tell
from governance.services.topic_input import TEXTS, TopicInput, input_of, write_readers, write_steps
from governance.topic_guards import NOT_READABLE, SEALED
from schools import access
from schools.models import Appointment
from schools.permissions import LEADERSHIP_POSTS, Body, Post, SchoolPerm

NOTE, LONGEST = 300, 4000


@transaction.atomic
def hand_over(*, item: AgendaItem, version: int | None = None, by: User, at: datetime) -> Topic:
    """A Party topic in 待审定 from an item of a signed principal's meeting, once for each item. It carries the materials, the steps
    with the principal's meeting as the last one, what that meeting said, and the matter the catalogue leads to.
    """
    locked(item.meeting, with_record=False)
    item = AgendaItem.objects.select_related("meeting__school", "matter", "topic").get(pk=item.pk)
    _check(item, version, by)
    day = local_day(at)
    topic = Topic(
        school=item.meeting.school, body=Body.PARTY, status=TopicStatus.SCREENED, entered_by=by, handed_over_from=item
    )
    new = carried(item, day)
    for name in TEXTS:
        setattr(topic, name, getattr(new, name))
    topic.minutes_needed, topic.amount, topic.involves_cadres = new.minutes_needed, new.amount, new.involves_cadres
    topic.proposer_id, topic.presenter_id = _proposer(item, day, by), new.presenter
    restricted = item.secrecy == Secrecy.RESTRICTED or topic.matter in RESTRICTED_MATTERS
    topic.secrecy = Secrecy.RESTRICTED if restricted else item.secrecy
    give_number(topic, at)
    topic.submitted_by, topic.submitted_at = by, at
    topic.commit(at)
    write_readers(topic, [] if item.secrecy != Secrecy.RESTRICTED else item.readers.values_list("person_id", flat=True))
    write_steps(topic, new.steps)
    TopicTalk.objects.bulk_create([TopicTalk(topic=topic, talk_id=talk) for talk in new.talks])
    files = Attachment.objects.filter(subject=subject_of(item)).order_by("created_at", "pk")
    copy_to(files=list(files), on=topic, by=by, at=at)
    tell(
        "handed_over", topic, by, at, item=str(item.pk), meeting=str(item.meeting_id),
        accounts=holders_of(topic, at, Post.SECRETARY),
    )  # fmt: skip
    return topic


def _check(item: AgendaItem, version: int | None, by: User) -> None:
    meeting = item.meeting
    if not access.can(by, SchoolPerm.RECORD_MINUTES, meeting.school_id):
        raise NotAllowed("转党组织会议由书记、校长或党政办办理。")
    if not AgendaItem.objects.filter(pk=item.pk).readable_by(by).exists():
        raise NotAllowed(NOT_READABLE)
    if version is not None and version != item.version:
        raise Stale(STALE)
    if meeting.body != Body.PRINCIPAL or item.outcome != Outcome.PROPOSED_TO_PARTY:
        raise WrongState("只有校长办公会议结论为“报党组织会议”的议题能转党组织会议。")
    if meeting.status not in SEALED:
        raise WrongState(f"{meeting.title()}的纪要“{MeetingStatus(meeting.status).label}”，签发以后再转党组织会议。")
    made = Topic.objects.filter(handed_over_from=item).first()
    if made is not None:
        raise WrongState(f"这个议题已经转到党组织会议（{made.number()}），不用再转。")


def carried(item: AgendaItem, day: date) -> TopicInput:
    """What the new topic says: the topic behind the item where there is one, else the item, and what the meeting said of it."""
    meeting = item.meeting
    source = TopicInput(title=item.title) if item.topic is None else input_of(item.topic)
    held_on = local_day(meeting.scheduled_at)
    said = item.decision_text.strip() or "同意提请党组织会议决定。"
    result = f"校长办公会议研究情况：{held_on} {meeting.title()}研究，{said}"[: LONGEST // 2]
    background = source.background or item.summary
    steps = [
        StepInput(stage, done_on, note, origin)
        for stage, done_on, note, origin in item.prior_steps.order_by("order").values_list(
            "stage", "done_on", "note", "source_item_id"
        )
        if stage != PRINCIPAL_MEETING
    ]
    return replace(
        source,
        title=item.title,
        matter=_fed(item, day),
        background=f"{background[: LONGEST - len(result) - 2]}\n\n{result}".strip()[:LONGEST],
        basis=source.basis or f"{meeting.title()}（{meeting.number()}）",
        proposal=(source.proposal or said)[:LONGEST],
        amount=item.amount,
        presenter=item.presenter_id or source.presenter,
        minutes_needed=item.minutes_needed,
        urgent_reason="",
        steps=(*steps, StepInput(PRINCIPAL_MEETING, held_on, said[:NOTE], item.pk)),
        talks=tuple(item.talk_links.order_by("pk").values_list("talk_id", flat=True)),
    )


def _fed(item: AgendaItem, day: date) -> str:
    """The matter of the Party meeting to which the catalogue leads; blank when it names none, then the secretary has it chosen."""
    codes = [code for code in (item.matter.feeds if item.matter else []) if code]
    known = set(
        Matter.objects.filter(catalogue=in_force(day), body=Body.PARTY, code__in=codes).values_list("code", flat=True)
    )
    return next((code for code in codes if code in known), "")


def _proposer(item: AgendaItem, day: date, by: User) -> UUID:
    """Who brought it to the principal's meeting, if still in the leadership team; else the principal, else who hands it over."""
    held = Appointment.objects.on(day).filter(school=item.meeting.school_id).holding(*LEADERSHIP_POSTS)
    people: dict[UUID, set[str]] = {}
    for person, post in held.order_by("rank", "pk").values_list("person_id", "post"):
        people.setdefault(person, set()).add(post)
    own = access.person_of(by)
    principals = [person for person, posts in people.items() if Post.PRINCIPAL in posts]
    for wanted in (item.proposer_id, *principals, own):
        if wanted is not None and wanted in people:
            return wanted
    raise WrongState("学校现在没有在任的班子成员可作提出人。请组织科先登记班子任职。")
