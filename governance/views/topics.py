"""议题: the list by what matters, and its export."""

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.http import SignedInRequest
from common.exports import Export, download
from governance import lists, topic_lists
from governance.models import Topic
from governance.services.exports import record_export
from governance.views.meetings import neighbours
from schools.permissions import Body

EMPTY = {
    "mine": ("circle-check", "没有议题等你处理", "要你初审、审定、填写或修改的议题会列在这里"),
    "checking": ("clock", "没有议题在初审或审定", "送初审以后、同意上会之前的议题在这里"),
    "backlog": ("list-details", "没有待上会的议题", "同意上会、还没有列入议程的议题在这里"),
    "scheduled": ("calendar-event", "没有已列入的议题", "列入议程、纪要还没有签发的议题在这里"),
    "concluded": ("file-check", "没有已议的议题", "会议纪要签发后，议过的议题在这里"),
    "back": ("arrow-back-up", "没有退回或暂缓的议题", "退回修改、暂缓上会和撤回的议题在这里"),
    "drafts": ("edit", "没有草稿", "没有送出的议题在这里，只有提出人和填报人看得到"),
}


@login_required
@require_safe
def topic_list(request: SignedInRequest) -> HttpResponse:
    """Topics within sight, the one that changed last first; restricted ones without a word of them."""
    user = request.user
    if not topic_lists.sees_topics(user):
        raise Http404
    sight = lists.sight_of(user)
    rows = lists.school_rows(user) if sight.many else []
    schools = {code: pk for pk, code, _, _ in rows}
    filters = topic_lists.filters_from(request.GET, schools)
    found = topic_lists.topics_found(user, filters, schools)
    counts = topic_lists.counts(found, user)
    page = topic_lists.topics_page(topic_lists.in_view(found, user, filters.view), request.GET.get("cursor", ""))
    topics: list[Topic] = page.rows
    hidden = topic_lists.hidden_topics(user, topics)
    items = topic_lists.latest_items(topics, user)
    icon, title, text = EMPTY.get(filters.view, ("list-details", "还没有议题", "班子成员提出的议题在这里"))
    context = {
        "sight": sight,
        "filters": filters,
        "topics": [(topic, topic_lists.tag_of(topic), topic.pk in hidden, items.get(topic.pk)) for topic in topics],
        "views": [
            {
                "label": label,
                "url": lists.address(request.GET, view=None if view == topic_lists.EVERY else view),
                "current": view == filters.view,
                "count": counts[view],
            }
            for view, (label, _) in topic_lists.VIEWS.items()
            if view != topic_lists.WAITING or topic_lists.may_propose(user)
        ],
        "bodies": [lists.Option(body.value, body.label, body.value == filters.body) for body in Body],
        "schools": [lists.Option(code, name, code == filters.school, first) for _, code, name, first in rows],
        "may_propose": topic_lists.may_propose(user),
        "empty": {"icon": icon, "title": title, "text": text},
        "export_query": lists.address(request.GET),
        "clear_url": lists.address(request.GET, school=None, matter=None, q=None, body=None),
        **neighbours(request, page.previous, page.next),
    }
    return render(request, "governance/topic_list.html", context)


@login_required
@require_GET
def topics_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    user = request.user
    if not topic_lists.sees_topics(user) or kind not in ("csv", "xlsx"):
        raise Http404
    sight = lists.sight_of(user)
    schools = {code: pk for pk, code, _, _ in lists.school_rows(user)} if sight.many else {}
    filters = topic_lists.filters_from(request.GET, schools)
    found = topic_lists.in_view(topic_lists.topics_found(user, filters, schools), user, filters.view)
    topics = list(found.select_related("school", "proposer").order_by("-updated_at", "-pk"))
    hidden = topic_lists.hidden_topics(user, topics)
    lines = [topic_lists.exported(topic, hidden) for topic in topics]
    at = timezone.now()
    number = record_export(rows=len(lines), filters=filters.in_address(), kind=kind, what="topics", by=user, at=at)
    return download(Export("议题", topic_lists.TOPIC_COLUMNS, lines, user.name, at, number), kind)
