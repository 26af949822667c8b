"""程序规则: the list of all rules of a version, and the page of one rule with what stands behind it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from common.dates import local_day
from common.exports import Export, download
from common.text import clean_term
from governance import lists, rule_words
from governance.guards import may_issue
from governance.models import ClauseKind, Matter, RuleBook
from governance.models.catalogue import in_force
from governance.rule_books import BookValidity, issued_books
from governance.rules.findings import Severity
from governance.services.rulebook import record_rules_export

KINDS = {kind.value: kind.label for kind in ClauseKind}
COLUMNS = ("编号", "主题", "会议", "条文", "启用", "等级", "怎么管", "可以放行", "要求", "依据")


def chosen_book(request: SignedInRequest) -> tuple[BookValidity, list[BookValidity]]:
    """The version the address names, or the one in force today; and all versions. 404 for a number that is none."""
    versions = issued_books()
    today = local_day(timezone.now())
    number = request.GET.get("version", "")
    for one in versions:
        if one.book.number == number if number else one.covers(today):
            return one, versions
    raise Http404


@login_required
@require_safe
def rule_list(request: SignedInRequest) -> HttpResponse:
    """All rules of one version, by topic; filters from the address, what is not understood does not filter."""
    version, versions = chosen_book(request)
    rows = rows_of(version.book)
    filters = _filters(request)
    found = [row for row in rows if _fits(row, filters)]
    bodies = {"": "全部", **{code: rule_words.BODIES[code] for code in ("party", "principal")}}
    context = {
        "version": version,
        "versions": versions,
        "asked": bool(request.GET.get("version")),
        "filters": filters,
        "total": len(rows),
        "judged_total": sum(row["kind"] is ClauseKind.JUDGED for row in rows),
        "groups": _by_topic(found),
        "found": len(found),
        "bodies": [
            {
                "label": label,
                "count": sum(_fits(row, {**filters, "body": code}) for row in rows),
                "url": lists.address(request.GET, body=code or None),
                "current": code == filters["body"],
            }
            for code, label in bodies.items()
        ],
        "severities": rule_words.SEVERITIES,
        "kinds": KINDS,
        "legend": rule_words.LEGEND,
        "clear_url": lists.address(request.GET, q=None, severity=None, kind=None),
        "may_issue": may_issue(request.user),
        "export_query": request.GET.urlencode(),
    }
    return render(request, "governance/rule_list.html", context)


@login_required
@require_safe
def rules_export(request: SignedInRequest, kind: str) -> HttpResponse:
    """The list under its present filters as a file; who took it is recorded."""
    if kind not in ("csv", "xlsx"):
        raise Http404
    version, _ = chosen_book(request)
    filters = _filters(request)
    lines = [_line(row) for row in rows_of(version.book) if _fits(row, filters)]
    at = timezone.now()
    number = record_rules_export(book=version.book, rows=len(lines), kind=kind, by=request.user, at=at)
    title = f"程序规则 {version.book.number}"
    return download(Export(title, COLUMNS, lines, request.user.name, at, number), kind)


@login_required
@require_safe
def rule_detail(request: SignedInRequest, rule: str) -> HttpResponse:
    """One rule: its statement, how it is judged, its settings, basis, matters, and what changed in which version."""
    version, versions = chosen_book(request)
    row = next((row for row in rows_of(version.book) if row["id"] == rule), None)
    if row is None:
        raise Http404
    catalogue = in_force(local_day(timezone.now()))
    matters = list(Matter.objects.filter(catalogue=catalogue).order_by("body", "code"))
    context = {
        "rule": row,
        "version": version,
        "asked": bool(request.GET.get("version")),
        "how": rule_words.judged(row["stored"]),
        "why_not": rule_words.not_judged_because(rule),
        "parameters": rule_words.parameters_of(row["stored"]),
        "matters": rule_words.matters_of(row["stored"], matters),
        "catalogue": catalogue,
        "history": _history(rule, versions),
        "legend": rule_words.LEGEND,
        "may_issue": may_issue(request.user),
    }
    return render(request, "governance/rule_detail.html", context)


def rows_of(book: RuleBook) -> list[dict[str, Any]]:
    """The rules of a version as the pages show them."""
    titles = {source["id"]: source["title"] for source in book.content["sources"]}
    return [row_of(rule, titles) for rule in book.content["rules"]]


def row_of(rule: Mapping[str, Any], titles: Mapping[str, str]) -> dict[str, Any]:
    """One rule as the pages show it."""
    return {
        "stored": rule,
        "id": rule["id"],
        "topic": rule_words.punctuated(rule["topic"]),
        "body": rule["body"],
        "body_label": rule_words.BODIES[rule["body"]],
        "statement": rule_words.punctuated(rule["statement"]),
        "note": rule_words.note_of(rule, titles),
        "separate_only": rule.get("leadership_mode") == "separate",
        "severity": rule["severity"],
        "severity_label": rule_words.SEVERITIES[rule["severity"]],
        "severity_kind": rule_words.SEVERITY_KINDS[rule["severity"]],
        "in_use": rule_words.is_in_use(rule),
        "kind": rule_words.kind_of(rule["id"]),
        "waivable": rule_words.may_be_waived(rule) and rule["severity"] == Severity.BLOCK,
        "never_waived": not rule_words.may_be_waived(rule),
        "basis": rule_words.basis_of(rule, titles),
        "evidence": rule_words.evidence_note(rule),
        "url": reverse("governance:rule", args=[rule["id"]]),
    }


def _filters(request: SignedInRequest) -> dict[str, str]:
    def one_of(name: str, known: Any) -> str:
        value = request.GET.get(name, "")
        return value if value in known else ""

    return {
        "body": one_of("body", ("party", "principal")),
        "severity": one_of("severity", rule_words.SEVERITIES),
        "kind": one_of("kind", KINDS),
        "q": clean_term(request.GET.get("q", "")),
    }


def _fits(row: Mapping[str, Any], filters: Mapping[str, str]) -> bool:
    """Whether the row is one of both meetings or of the chosen one, and fits the rest."""
    if filters["body"] and row["body"] not in (filters["body"], "both"):
        return False
    if filters["severity"] and row["severity"] != filters["severity"]:
        return False
    if filters["kind"] and row["kind"] != filters["kind"]:
        return False
    text = " ".join([row["id"], row["topic"], row["statement"], *row["basis"]]).lower()
    return all(word in text for word in filters["q"].lower().split())


def _by_topic(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rules in the chapters their numbers stand for."""
    groups = []
    for letter, title in rule_words.CHAPTERS.items():
        mine = [row for row in rows if row["id"].startswith(f"R-{letter}")]
        if mine:
            groups.append({"letter": letter, "title": title, "rows": mine})
    return groups


def _line(row: Mapping[str, Any]) -> list[str]:
    asked = [f"{p['label']}：{p['value']}" for p in rule_words.parameters_of(row["stored"])]
    return [
        row["id"], row["topic"], row["body_label"], row["statement"], "是" if row["in_use"] else "否", row["severity_label"],
        row["kind"].label, "是" if row["waivable"] else "否", "；".join(asked), "；".join(row["basis"]),
    ]  # fmt: skip


def _history(rule_id: str, versions: Sequence[BookValidity]) -> list[dict[str, Any]]:
    """Every version, latest first, with what it changed of this rule."""
    made: list[dict[str, Any]] = []
    for place, version in enumerate(versions):
        before = versions[place + 1].book if place + 1 < len(versions) else None
        now = _rule_in(version.book, rule_id)
        changes = [] if before is None else rule_words.changes_of(_rule_in(before, rule_id), now)
        made.append({"version": version, "changes": changes, "first": before is None})
    return made


def _rule_in(book: RuleBook, rule_id: str) -> Mapping[str, Any] | None:
    return next((rule for rule in book.content["rules"] if rule["id"] == rule_id), None)
