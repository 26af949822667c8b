"""Who may do what with a topic: the notes of the permission table, and the column “who” of its states."""

from datetime import date
from uuid import UUID

from accounts.models import User
from common import history
from common.dates import local_day
from common.transitions import Transition
from governance.models import AgendaItem, MeetingStatus, Outcome, Secrecy, Topic, TopicStatus
from governance.topic_states import TOPIC
from schools import access
from schools.models import Appointment, School
from schools.permissions import HEAD_POST, LEADERSHIP_POSTS, Body, Post, SchoolPerm

S = TopicStatus
WITH_AUTHORS = (S.DRAFT, S.RETURNED)
BEFORE_AGENDA = (*WITH_AUTHORS, S.SUBMITTED, S.SCREENED, S.CONFIRMED, S.POSTPONED)
SEALED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)
NOT_READABLE = "这是限定人员议题，只有知悉人能办理。"
HEADS = (Post.SECRETARY, Post.PRINCIPAL)


def open_topic_actions(topic: Topic, user: User) -> list[Transition]:
    """The steps this account may take now; pages and API show the same list."""
    steps = [step for step in TOPIC.open_from(topic.status) if topic_refusal(topic, step, user) is None]
    if not steps or not may_read_topic(user, topic):
        return []
    return [step for step in steps if step.name != "hand_over" or proposed_item(topic) is not None]


def may_read_topic(user: User, topic: Topic) -> bool:
    """Whether the account may read the words of a topic that it may see."""
    if topic.secrecy != Secrecy.RESTRICTED:
        return True
    return Topic.objects.filter(pk=topic.pk).readable_by(user).exists()


def may_read_topic_files(user: User, topic_id: UUID) -> bool:
    """Materials of a topic may be read by whoever sees it and may read its words."""
    return Topic.objects.visible_to(user).readable_by(user).filter(pk=topic_id).exists()


def topic_refusal(topic: Topic, step: Transition, user: User) -> str | None:
    """Why this account may not take the step (in Chinese), or None. State is checked elsewhere."""
    if step.name == "submit":
        return None if may_submit(topic, user) else f"{step.label}由提出人或代为填报的人办理。"
    if step.name == "withdraw":
        return None if _is_proposer(topic, user) else f"{step.label}由提出人{topic.proposer.name}办理。"
    if step.name == "screen" or (step.name == "return" and topic.status == S.SUBMITTED):
        return screening_refusal(topic, step.label, user)
    if step.permission == SchoolPerm.RECORD_MINUTES and step.name != "return":
        may = access.can(user, SchoolPerm.RECORD_MINUTES, topic.school_id)
        return None if may else f"{step.label}由书记、校长或党政办办理。"
    head = HEAD_POST[topic.body]
    return None if head in access.posts_at(user, topic.school_id) else f"{step.label}由{head.label}办理。"


def screening_refusal(topic: Topic, label: str, user: User) -> str | None:
    """初审 is for 党政办, and never for who sent the topic in. Where no clerk can do it, 书记 or 校长 does: the other one's
    topics, or where one person is both, whatever the clerk sent in for him.
    """
    posts = access.posts_at(user, topic.school_id)
    sent = topic.submitted_by_id == user.pk
    if Post.CLERK in posts:
        return "你送的初审，由另一位经办人办理。" if sent or _is_proposer(topic, user) else None
    if not posts & set(HEADS) or screening_clerks(topic, local_day(history.now())):
        return f"{label}由党政办办理。"
    own = sent or (_is_proposer(topic, user) and not posts >= set(HEADS))
    return "这是你自己的议题，由另一位负责人办理，或先登记党政办人员。" if own else None


def screening_clerks(topic: Topic, day: date) -> list[UUID]:
    """Accounts of 党政办 in office that day who may screen the topic."""
    clerks = Appointment.objects.on(day).filter(school=topic.school_id, post=Post.CLERK, person__account__isnull=False)
    others = clerks.exclude(person__account=topic.submitted_by_id).exclude(person=topic.proposer_id)
    return sorted(set(others.values_list("person__account_id", flat=True)))


def is_author(topic: Topic, user: User) -> bool:
    """The proposer, or who entered it for him; both still in office at the school."""
    mine = topic.entered_by_id == user.pk or _is_proposer(topic, user)
    return mine and bool(access.posts_at(user, topic.school_id))


def _is_proposer(topic: Topic, user: User) -> bool:
    return bool(access.posts_at(user, topic.school_id)) and topic.proposer_id == access.person_of(user)


def _is_assignee(topic: Topic, user: User) -> bool:
    """The colleague it was given to for writing."""
    mine = topic.assignee_id is not None and topic.assignee_id == access.person_of(user)
    return mine and bool(access.posts_at(user, topic.school_id))


def may_submit(topic: Topic, user: User) -> bool:
    """Who puts it forward, or entered it for him (`propose_topic`)."""
    return access.can(user, SchoolPerm.PROPOSE_TOPIC, topic.school_id) and is_author(topic, user)


def editing_refusal(topic: Topic, user: User) -> str | None:
    """Why this account may not change the words of the topic now, or None: its authors and who was asked to write it, until it
    is sent in; while it waits for 初审, who screens it may put it right.
    """
    if topic.status in WITH_AUTHORS:
        may = is_author(topic, user) or _is_assignee(topic, user)
        return None if may else "草稿由提出人、填报人和受托填写的人修改。"
    if topic.status == S.SUBMITTED:
        return screening_refusal(topic, "送初审以后，改动", user)
    return None


def editing_state_refusal(topic: Topic) -> str | None:
    """Why nobody may change the words now, or None."""
    if topic.status in (*WITH_AUTHORS, S.SUBMITTED):
        return None
    return f"现在是“{topic.get_status_display()}”，议题不能再改。要改请先退回修改。"


def may_edit_topic(topic: Topic, user: User) -> bool:
    """Whether the page offers to change the words."""
    return editing_state_refusal(topic) is None and editing_refusal(topic, user) is None and may_read_topic(user, topic)


def files_refusal(topic: Topic, user: User) -> str | None:
    """Why this account may not change the materials, or None: as the words, and 书记、校长、党政办 until it is on an agenda."""
    if is_author(topic, user) or access.can(user, SchoolPerm.RECORD_MINUTES, topic.school_id):
        return None
    if topic.status in WITH_AUTHORS and _is_assignee(topic, user):
        return None
    return "议题材料由提出人、填报人、受托填写的人和书记、校长、党政办传。"


def may_assign(topic: Topic, user: User) -> bool:
    """请谁填写 is for the authors, while the topic is with them."""
    return topic.status in WITH_AUTHORS and is_author(topic, user)


def proposing_refusal(school: School | UUID, user: User) -> str | None:
    """Why this account may not put a topic forward at the school, or None."""
    school_id = school.pk if isinstance(school, School) else school
    may = access.can(user, SchoolPerm.PROPOSE_TOPIC, school_id)
    return None if may else "议题由本校领导班子成员提出，党政办可以代为填报。"


def enters_for_others(user: User, school_id: UUID) -> bool:
    """党政办 enters topics on behalf of members (note 4); members of the team enter their own."""
    return Post.CLERK in access.posts_at(user, school_id)


def leads(user: User, school_id: UUID) -> bool:
    """A member of the leadership team, who may be the proposer himself."""
    return bool(access.posts_at(user, school_id) & LEADERSHIP_POSTS)


def template_refusal(school_id: UUID, user: User) -> str | None:
    """Why this account may not delete a template, or None: they belong to the school, and the office keeps them."""
    may = access.can(user, SchoolPerm.RECORD_MINUTES, school_id)
    return None if may else "常用议题由书记、校长或党政办删去。"


def proposed_item(topic: Topic) -> AgendaItem | None:
    """The item by which a signed principal's meeting proposed this topic to the Party meeting, as long as it was not handed over."""
    if topic.body != Body.PRINCIPAL or topic.status != S.CONCLUDED:
        return None
    items = AgendaItem.objects.filter(topic=topic, outcome=Outcome.PROPOSED_TO_PARTY, meeting__status__in=SEALED)
    return items.filter(handed_over__isnull=True).order_by("-meeting__scheduled_at").first()
