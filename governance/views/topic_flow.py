"""事项流转 of a topic or an item, 转党组织会议, and the 待上会 panel beside an agenda."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.errors import DomainError
from governance import services
from governance.guards import may_record
from governance.models import AgendaItem, Meeting, Topic
from governance.topic_backlog import backlog_of
from governance.topic_chains import Chain, chain_of, waits_for_hand_over
from governance.topic_guards import may_read_topic
from governance.views.topic_page import find_topic, seen, show_withheld
from governance.views.topic_templates import identity


@login_required
@require_safe
def topic_chain(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """The way of the matter this topic is about."""
    topic = find_topic(request, pk)
    if not may_read_topic(request.user, topic):
        return show_withheld(request, topic)
    chain = chain_of(request.user, topic=topic, today=local_day(timezone.now()))
    return show_chain(request, topic.title, topic.get_absolute_url(), topic.body, chain)


@login_required
@require_safe
def item_chain(request: SignedInRequest, pk: UUID, item: UUID) -> HttpResponse:
    """The way of the matter this item is about."""
    found = find_item(request, pk, item)
    chain = chain_of(request.user, item=found, today=local_day(timezone.now()))
    url = f"{found.meeting.get_absolute_url()}#item-{found.order}"
    return show_chain(request, found.title, url, found.meeting.body, chain)


def find_item(request: SignedInRequest, pk: UUID, item: UUID) -> AgendaItem:
    """An item whose words the account may read, of a meeting within sight."""
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user), pk=pk)
    rows = AgendaItem.objects.filter(meeting=meeting).readable_by(request.user)
    return get_object_or_404(rows.select_related("meeting__school", "matter", "topic"), pk=item)


def show_chain(request: SignedInRequest, title: str, back: str, body: str, chain: Chain) -> HttpResponse:
    """The flow as a list in order of time, drawn in two lanes. What is restricted leaves a trace when it is opened."""
    if request.method == "GET":
        note_opened(request, chain)
    lanes = {step.lane for step in chain.steps}
    context = {"title": title, "back": back, "body": body, "steps": chain.steps, "two": len(lanes) > 1}
    return render(request, "governance/topic_chain.html", context)


def note_opened(request: SignedInRequest, chain: Chain) -> None:
    """Record the reading of restricted topics and items."""
    at, by = timezone.now(), request.user
    for topic in chain.opened_topics:
        services.note_topic_reading(topic=topic, by=by, at=at)
    for item in chain.opened_items:
        services.note_opened(meeting=item.meeting, opened={item.pk: item.order}, by=by, at=at)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_over(request: SignedInRequest, pk: UUID, item: UUID) -> HttpResponse:
    """转党组织会议: GET says what will be carried over, POST makes the topic of the Party meeting."""
    found = find_item(request, pk, item)
    kept = Topic.objects.kept().filter(handed_over_from=found).first()
    why = "" if may_record(found.meeting, request.user) else "转党组织会议由书记、校长或党政办办理。"
    if not why and kept is None and not waits_for_hand_over(found):
        why = "纪要签发、结论是“报党组织会议”的校长办公会议议题，才能转党组织会议。"
    if request.method == "POST":
        try:
            topic = services.hand_over(item=found, by=request.user, at=timezone.now())
        except DomainError as error:
            return show_hand_over(request, found, kept, str(error), status=409)
        messages.success(request, "已转党组织会议，等书记审定。材料、前置环节和会议结论已带过去")
        return redirect(topic)
    return show_hand_over(request, found, kept, why)


def show_hand_over(
    request: SignedInRequest, item: AgendaItem, kept: Topic | None, why: str, status: int = 200
) -> HttpResponse:
    """The question on a page of its own."""
    context = {"item": item, "meeting": item.meeting, "kept": kept, "why": why}
    return render(request, "governance/hand_over.html", context, status=status)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def agenda_topics(request: SignedInRequest, pk: UUID) -> HttpResponse:
    """待上会议题 of one meeting: GET lists them, POST puts one on the agenda and leads back to it."""
    meeting = get_object_or_404(Meeting.objects.visible_to(request.user).select_related("school"), pk=pk)
    if request.method != "POST":
        return show_backlog(request, meeting)
    topic = get_object_or_404(
        Topic.objects.visible_to(request.user).readable_by(request.user), pk=identity(request.POST.get("topic", ""))
    )
    try:
        services.schedule_topic(
            topic=topic, meeting=meeting, reason=request.POST.get("reason", ""), consent="consent" in request.POST,
            version=seen(request), by=request.user, at=timezone.now(),
        )  # fmt: skip
    except DomainError as error:
        return show_backlog(request, meeting, topic, error)
    messages.success(request, f"已列入议程：{topic.title}")
    if meeting.called_at is None and request.POST.get("from") == "agenda":
        return redirect("governance:agenda", pk=meeting.pk)
    return redirect(meeting)


def show_backlog(
    request: SignedInRequest, meeting: Meeting, topic: Topic | None = None, error: DomainError | None = None
) -> HttpResponse:
    """The panel as a page; a refusal stands at the topic it is about, with what was typed."""
    context: dict[str, Any] = {
        "meeting": meeting,
        "backlog": backlog_of(request.user, meeting),
        "refused": str(error) if error else "",
        "asked": topic,
        "typed": {"reason": request.POST.get("reason", ""), "consent": "consent" in request.POST},
    }
    return render(request, "governance/topic_backlog.html", context, status=409 if error else 200)
