"""常用议题: the texts of a topic kept as a template of the school, and new topics made from it (A17)."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from accounts.models import User
from audit.services import record
from common.errors import NotAllowed, Stale, WrongState, one_fault
from governance.models import Repeats, Secrecy, Topic, TopicTemplate
from governance.services.topic_base import STALE, locked_topic
from governance.services.topic_input import TopicInput
from governance.services.topics import create_topic
from governance.topic_guards import proposing_refusal, template_refusal
from schools.models import School

TEXTS = ("matter", "background", "basis", "proposal")


@transaction.atomic
def save_template(
    *, topic: Topic, repeats: str = Repeats.NEED, version: int | None = None, by: User, at: datetime
) -> TopicTemplate:
    """存为常用议题: one of each title; saving it once more renews its texts. Restricted topics are not copied about."""
    topic = locked_topic(topic)
    if why := proposing_refusal(topic.school_id, by):
        raise NotAllowed(why)
    if topic.secrecy == Secrecy.RESTRICTED:
        raise WrongState("限定人员议题不能存为常用议题：常用议题全校班子都看得到。")
    if version is not None and version != topic.version:
        raise Stale(STALE)
    if repeats not in Repeats.values:
        raise one_fault("repeats", "从每月、每学期、每学年、按需里选")
    if connection.features.has_select_for_update:  # two who save the same title at once
        School.objects.select_for_update().only("pk").get(pk=topic.school_id)
    of = {"school_id": topic.school_id, "body": topic.body, "title": topic.title}
    template = TopicTemplate.objects.filter(**of).first() or TopicTemplate(**of)
    for name in TEXTS:
        setattr(template, name, getattr(topic, name))
    template.repeats = repeats
    template.commit(at)
    record("governance.topic.template_saved", by=by, at=at, on=template, school_id=topic.school_id)
    return template


@transaction.atomic
def new_from_template(*, template: TopicTemplate, proposer: UUID | None = None, by: User, at: datetime) -> Topic:
    """A draft with the texts of the template, to be gone over before 送初审."""
    template = _locked(template)
    new = TopicInput(title=template.title, proposer=proposer, **{name: getattr(template, name) for name in TEXTS})
    topic = create_topic(school=template.school, body=template.body, new=new, by=by, at=at)
    topic.template = template
    topic.save(update_fields=["template"])
    return topic


@transaction.atomic
def delete_template(*, template: TopicTemplate, version: int | None = None, by: User, at: datetime) -> None:
    """Topics made from it stay."""
    template = _locked(template)
    if why := template_refusal(template.school_id, by):
        raise NotAllowed(why)
    if version is not None and version != template.version:
        raise Stale("刚才有人更新过这个常用议题。看过最新情况再办。")
    record("governance.topic.template_deleted", by=by, at=at, on=template, school_id=template.school_id)
    template.delete()


def _locked(template: TopicTemplate) -> TopicTemplate:
    rows = TopicTemplate.objects.select_related("school").filter(pk=template.pk)
    if connection.features.has_select_for_update:
        rows = rows.select_for_update(of=("self",))
    found = rows.first()
    if found is None:
        raise WrongState("这个常用议题已经删去。")
    return found
