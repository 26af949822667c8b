"""回放: start a run of the drafts, see how far it is, read what flips. For 组织科 alone."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts.http import SignedInRequest
from common.errors import DomainError
from common.exports import Export, download
from common.htmx import partial
from governance import lists, replay_lists, replays
from governance.models import Catalogue, Issue, ReplayRun, ReplayStatus, RuleBook
from governance.models.replay import replay_url
from governance.services.replay import record_export, start_replay
from governance.views.meetings import neighbours
from governance.views.rulebook import require_issuer

TAGS = {
    ReplayStatus.QUEUED: "wait",
    ReplayStatus.RUNNING: "go",
    ReplayStatus.DONE: "done",
    ReplayStatus.OUTDATED: "back",
    ReplayStatus.FAILED: "bad",
}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def replay(request: SignedInRequest) -> HttpResponse:
    """The drafts that the address names; POST starts a run of them. While one is under way the page asks again by itself."""
    require_issuer(request)
    catalogue, rulebook = _drafts(request)
    if request.method == "POST" and (catalogue or rulebook):
        try:
            start_replay(catalogue=catalogue, rulebook=rulebook, by=request.user, at=timezone.now())
        except DomainError as refusal:
            messages.error(request, str(refusal))
        return redirect(replay_url(catalogue and catalogue.pk, rulebook and rulebook.pk))
    context = _of_run(request, catalogue, rulebook) if catalogue or rulebook else _choices()
    return render(request, partial(request, "governance/replay.html"), context)


def _drafts(request: SignedInRequest) -> tuple[Catalogue | None, RuleBook | None]:
    """404 for an id that names no draft: one that is issued or discarded cannot be replayed any more."""
    catalogue, rules = request.GET.get("catalogue", ""), request.GET.get("rules", "")
    return (
        get_object_or_404(Catalogue, pk=_id(catalogue), status=Issue.DRAFT) if catalogue else None,
        get_object_or_404(RuleBook, pk=_id(rules), status=Issue.DRAFT) if rules else None,
    )


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _choices() -> dict[str, Any]:
    """The drafts there are, each alone and both together."""
    catalogue = Catalogue.objects.filter(status=Issue.DRAFT).first()
    rulebook = RuleBook.objects.filter(status=Issue.DRAFT).first()
    ways = []
    if catalogue:
        ways.append({"label": "目录草案", "url": replay_url(catalogue.pk, None)})
    if rulebook:
        ways.append({"label": "规则草案", "url": replay_url(None, rulebook.pk)})
    if catalogue and rulebook:
        ways.append({"label": "目录草案和规则草案一起", "url": replay_url(catalogue.pk, rulebook.pk)})
    return {"ways": ways}


def _of_run(request: SignedInRequest, catalogue: Catalogue | None, rulebook: RuleBook | None) -> dict[str, Any]:
    run = replays.latest_run(catalogue, rulebook)
    about = "和".join(filter(None, ["目录草案" if catalogue else "", "规则草案" if rulebook else ""]))
    context: dict[str, Any] = {
        "run": run,
        "about": about,
        "catalogue": catalogue,
        "rulebook": rulebook,
        "here": replay_url(catalogue and catalogue.pk, rulebook and rulebook.pk),
        "past": replays.past_meetings(timezone.now()).count(),
    }
    if run is None:
        return context
    context |= {"tag": (TAGS[ReplayStatus(run.status)], run.get_status_display()), "current": replays.is_of_today(run)}
    return context | _results(request, run) if run.status == ReplayStatus.DONE else context


def _results(request: SignedInRequest, run: ReplayRun) -> dict[str, Any]:
    groups = replay_lists.counted(run)
    filters = replay_lists.filters_from(request.GET, groups)
    page = replay_lists.page_found(request.user, run, filters, request.GET.get("cursor", ""))
    titles = replay_lists.matter_titles(run)
    topics = replay_lists.rule_topics()
    for flip in page.rows:
        flip.rule_label = f"{flip.rule} {topics.get(flip.rule, '')}"
        flip.matter_label = replay_lists.matter_label(flip.matter, titles)
        flip.before = replay_lists.said(flip.before_outcome, flip.before_severity)
        flip.after = replay_lists.said(flip.after_outcome, flip.after_severity)
    counts = {"": run.flips_found, **replay_lists.effects(run)}
    return {
        "groups": groups,
        "filters": filters,
        "filtered": bool(filters.in_address()),
        "flips": page.rows,
        "effects": [
            {
                "label": label,
                "count": counts[name],
                "url": lists.address(request.GET, effect=name),
                "current": name == filters.effect,
            }
            for name, label in {"": "全部", **replay_lists.EFFECTS}.items()
        ],
        "counts": counts,
        "clear_url": lists.address(request.GET, school=None, matter=None, rule=None, effect=None),
        "kept": {name: request.GET[name] for name in ("catalogue", "rules", "effect") if request.GET.get(name)},
        "export_query": request.GET.urlencode(),
        **neighbours(request, page.previous, page.next),
    }


@login_required
@require_safe
def replay_export(request: SignedInRequest, pk: UUID, kind: str) -> HttpResponse:
    """The flips of a finished run under the present filters as a file; who took it is recorded."""
    require_issuer(request)
    if kind not in ("csv", "xlsx"):
        raise Http404
    run = get_object_or_404(ReplayRun, pk=pk, status=ReplayStatus.DONE)
    filters = replay_lists.filters_from(request.GET, replay_lists.counted(run))
    titles = replay_lists.matter_titles(run)
    rows = replay_lists.found(request.user, run, filters).order_by("order").iterator(chunk_size=2000)
    lines = [replay_lists.line(flip, titles) for flip in rows]
    at = timezone.now()
    number = record_export(run=run, rows=len(lines), filters=filters.in_address(), kind=kind, by=request.user, at=at)
    return download(Export("回放结果", replay_lists.COLUMNS, lines, request.user.name, at, number), kind)
