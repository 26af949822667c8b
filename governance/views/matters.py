"""议事目录: the catalogue of both meetings to look things up in, any issued version, and the page of one matter."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.http import SignedInRequest
from accounts.models import User
from common.dates import local_day
from common.text import clean_term
from governance import lists, rule_words, shown
from governance.guards import may_issue
from governance.models import AgendaItem, Catalogue, Matter, Meeting, MeetingStatus, Outcome
from governance.reference import reference_of_version, rulebook_on
from governance.rules.load import read_rules
from governance.rules.reference import Reference
from governance.versions import (
    ATTENDANCE_WORDS,
    REQUIREMENT_WORDS,
    STAGE_WORDS,
    CatalogueValidity,
    entry_of,
    evidence_words,
    issued_versions,
    strength_words,
)
from schools.permissions import Body

LIKELY_SIZES = (5, 7, 9)
SIGNED = (MeetingStatus.SIGNED, MeetingStatus.ARCHIVED)


@dataclass(frozen=True)
class Chosen:
    """The version a page shows, among all that were issued; `asked` when the address names it."""

    version: CatalogueValidity
    versions: Sequence[CatalogueValidity]
    asked: bool
    today: bool

    @property
    def catalogue(self) -> Catalogue:
        """The version's row, without its stages."""
        return self.version.catalogue

    @property
    def query(self) -> str:
        """What keeps the version in a link to another page of it; empty for the version in force today."""
        return "" if self.today else "?" + urlencode({"version": self.catalogue.number})

    def options(self) -> list[dict[str, Any]]:
        """The choices of the version picker."""
        return [{"number": v.catalogue.number, "words": v.words(), "current": v is self.version} for v in self.versions]


def chosen_version(request: SignedInRequest) -> Chosen:
    """The version that `?version=` names, else the one in force today; 404 for a number that was never issued. One query."""
    versions, number = issued_versions(), request.GET.get("version", "")
    today = local_day(timezone.now())
    wanted = (v for v in versions if (v.catalogue.number == number if number else v.covers(today)))
    found = next(wanted, None)
    if found is None:
        raise Http404
    return Chosen(found, versions, bool(number), found.covers(today))


@dataclass(frozen=True)
class Narrowed:
    """Filters that were understood; empty = no filter."""

    q: str = ""
    body: str = ""
    aspect: str = ""
    nature: str = ""
    important: bool = False

    def any(self) -> bool:
        """Whether anything but the body narrows the catalogue."""
        return bool(self.q or self.aspect or self.nature or self.important)

    def passes(self, matter: Matter) -> bool:
        """Whether the entry is wanted, whatever its body."""
        return (
            matches(matter, self.q.lower())
            and self.aspect in ("", matter.aspect_code)
            and self.nature in ("", matter.nature)
            and (matter.important or not self.important)
        )


def narrowed(request: SignedInRequest, aspects: Mapping[str, str]) -> Narrowed:
    """The filters in the address, as far as they make sense."""
    query = request.GET

    def one_of(name: str, known: Iterable[str]) -> str:
        value = query.get(name, "")
        return value if value in known else ""

    return Narrowed(
        q=clean_term(query.get("q", "")),
        body=one_of("body", Body.values),
        aspect=one_of("aspect", aspects),
        nature=one_of("nature", Matter.Nature.values),
        important=query.get("important") == "1",
    )


@login_required
@require_safe
def matter_list(request: SignedInRequest) -> HttpResponse:
    """The 25 and 20 matters of a version, by meeting and aspect; `q` searches code, title, scope and keywords."""
    chosen = chosen_version(request)
    rows = list(Matter.objects.filter(catalogue=chosen.catalogue).order_by("code"))
    aspects = {row.aspect_code: row.aspect for row in rows if row.aspect_code}
    filters = narrowed(request, aspects)
    found = [row for row in rows if filters.passes(row)]
    counts = {body: sum(row.body == body for row in found) for body in Body}
    views = [("", "全部", len(found)), *((body.value, body.label, counts[body]) for body in Body)]
    deliberate = sum(row.nature == Matter.Nature.DELIBERATE for row in rows)
    context = {
        "chosen": chosen,
        "catalogue_status": shown.catalogue_status(chosen.catalogue),
        "filters": filters,
        "aspects": [lists.Option(code, title, code == filters.aspect) for code, title in aspects.items()],
        "natures": [lists.Option(n.value, n.label, n.value == filters.nature) for n in Matter.Nature],
        "groups": groups_of(row for row in found if filters.body in ("", row.body)),
        "total": {body.value: sum(row.body == body for row in rows) for body in Body},
        "split": {"deliberate": deliberate, "decide": sum(row.body == Body.PRINCIPAL for row in rows) - deliberate},
        "attendance": ATTENDANCE_WORDS,
        "may_issue": may_issue(request.user),
        "views": [
            {
                "label": label,
                "count": count,
                "url": lists.address(request.GET, body=value or None),
                "current": value == filters.body,
            }
            for value, label, count in views
        ],
        "export_query": lists.address(request.GET),
        "clear_url": lists.address(request.GET, q=None, aspect=None, nature=None, important=None),
    }
    return render(request, "governance/matter_list.html", context)


def matches(matter: Matter, term: str) -> bool:
    """Whether every word of the search stands somewhere in the entry."""
    text = " ".join([matter.code, matter.title, matter.scope, matter.aspect, *matter.keywords]).lower()
    return all(word in text for word in term.split())


def groups_of(rows: Iterable[Matter]) -> list[dict[str, Any]]:
    """One table for each aspect of the Party meeting; 研究讨论 and 讨论决定 of the principal's meeting, each its own."""
    made = []
    for (body, aspect, nature), matters in groupby(rows, key=_group_of):
        title = aspect or f"{body.label} · {Matter.Nature(nature).label}"
        about = "提出方案，报党组织会议决定" if nature == Matter.Nature.DELIBERATE else ""
        shown_rows = [(matter, first_steps(matter)) for matter in matters]
        made.append({"body": body, "title": title, "about": about, "rows": shown_rows})
    return sorted(made, key=lambda group: list(Body).index(group["body"]))


def _group_of(row: Matter) -> tuple[Body, str, str]:
    return Body(row.body), row.aspect, row.nature if row.body == Body.PRINCIPAL else ""


def first_steps(matter: Matter) -> list[dict[str, str]]:
    """The stages before the meeting in short words, with what the catalogue asks."""
    return [
        {"words": STAGE_WORDS.get(s["stage"], s["stage"]), "how": REQUIREMENT_WORDS.get(s["requirement"], "")}
        for s in matter.prior_stages
    ]


@login_required
@require_safe
def matter_detail(request: SignedInRequest, code: str) -> HttpResponse:
    """One matter: what it is, who decides it and how, which rules speak of it, and how often it was decided."""
    chosen = chosen_version(request)
    matter = get_object_or_404(Matter.objects.select_related("catalogue"), catalogue=chosen.catalogue, code=code)
    today = local_day(timezone.now())
    rulebook = rulebook_on(today)
    reference = reference_of_version(chosen.catalogue, rulebook)
    linked = Matter.objects.filter(catalogue=chosen.catalogue, code__in=[*matter.fed_by, *matter.feeds])
    titles = dict(linked.values_list("code", "title"))
    context = {
        "chosen": chosen,
        "matter": matter,
        "catalogue_status": shown.catalogue_status(chosen.catalogue),
        "delivered": chosen.catalogue.is_delivered,
        "flow": flow_of(matter, titles, chosen),
        "links": [(one, title, address_of(one, chosen)) for one, title in sorted(titles.items())],
        "attendance": ATTENDANCE_WORDS.get(entry_of(matter).attendance, "–"),
        "strength": strength_words().get(matter.attendance_strength, ""),
        "needed": needed_of(matter, reference),
        "evidence": evidence_words().get(matter.evidence, ""),
        "prior": stages_of(matter.prior_stages, matter.catalogue.stages),
        "after": stages_of(matter.next_stages, matter.catalogue.stages),
        "rules": rules_of(matter, rulebook.content if rulebook else delivered_rules()),
        "rules_version": reference.rules_version,
        "decided": decided_under(request.user, code) if lists.sight_of(request.user) else None,
        "neighbours": neighbours_of(matter, chosen),
    }
    return render(request, "governance/matter_detail.html", context)


def address_of(code: str, chosen: Chosen) -> str:
    """The page of a matter in the version at hand."""
    return reverse("governance:matter", args=[code]) + chosen.query


def neighbours_of(matter: Matter, chosen: Chosen) -> dict[str, str]:
    """The pages of the matters before and after it in the same catalogue."""
    codes = list(
        Matter.objects.filter(catalogue=matter.catalogue).order_by("-body", "code").values_list("code", flat=True)
    )
    codes.sort(key=lambda code: (not code.startswith("P"), code))
    place = codes.index(matter.code)
    before = codes[place - 1] if place else ""
    after = codes[place + 1] if place + 1 < len(codes) else ""
    return {
        "before": before,
        "before_url": address_of(before, chosen) if before else "",
        "after": after,
        "after_url": address_of(after, chosen) if after else "",
    }


def flow_of(matter: Matter, titles: Mapping[str, str], chosen: Chosen) -> list[dict[str, Any]]:
    """校长办公会议提出 → 党组织会议决定 → 校长组织实施, as far as this matter takes that way (S29)."""
    party = matter.body == Body.PARTY
    proposes = bool(matter.fed_by) if party else matter.nature == Matter.Nature.DELIBERATE
    steps = []
    if proposes:
        steps.append(_flow_step("principal", "校长办公会议提出", not party, matter.fed_by, titles, chosen))
    decides = "party" if party or proposes else "principal"
    words = "党组织会议决定" if decides == "party" else "校长办公会议决定"
    here = party or not proposes
    steps.append(_flow_step(decides, words, here, matter.feeds, titles, chosen))
    carried = "校长组织实施" if proposes or not party else "按决议分工组织实施"
    steps.append({"body": "", "words": carried, "here": False, "links": []})
    return steps


def _flow_step(
    body: str, words: str, here: bool, codes: Sequence[str], titles: Mapping[str, str], chosen: Chosen
) -> dict[str, Any]:
    links = [] if here else [(code, titles.get(code, ""), address_of(code, chosen)) for code in codes]
    return {"body": body, "words": words, "here": here, "links": links}


def needed_of(matter: Matter, reference: Reference) -> list[tuple[int, int]]:
    """How many have to be there of 5, 7 and 9 members due, by the quorum rule in force for this matter."""
    two_thirds = matter.body == Body.PARTY and matter.attendance_level == "two_thirds"
    rule = shown.TWO_THIRDS_RULE if two_thirds else shown.QUORUM_RULE[Body(matter.body)]
    return [(due, shown.members_needed(rule, due, reference)) for due in LIKELY_SIZES]


def stages_of(steps: Sequence[Mapping[str, str]], stages: Mapping[str, str]) -> list[dict[str, str]]:
    """Stages in words, with what the catalogue asks."""
    return [
        {
            "words": stages.get(step["stage"], step["stage"]),
            "how": REQUIREMENT_WORDS.get(step["requirement"], ""),
            "kind": step["requirement"],
        }
        for step in steps
    ]


@lru_cache(maxsize=1)
def delivered_rules() -> Mapping[str, Any]:
    """The delivered rule file, read once."""
    return read_rules()


def rules_of(matter: Matter, book: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rules in use that speak of this matter, with severity and basis; what rests on no document says so."""
    titles = {source["id"]: source["title"] for source in book["sources"]}
    return [
        {
            "id": rule["id"],
            "topic": rule["topic"],
            "statement": rule_words.punctuated(rule["statement"]),
            "severity": rule_words.SEVERITIES[rule["severity"]],
            "kind": rule_words.SEVERITY_KINDS[rule["severity"]],
            "basis": rule_words.basis_of(rule, titles),
        }
        for rule in book["rules"]
        if rule_words.is_in_use(rule) and _is_of_body(rule, matter) and rule_words.matters_of(rule, [matter])
    ]


def _is_of_body(rule: Mapping[str, Any], matter: Matter) -> bool:
    """A rule of one meeting does not speak of the other's matters, except those it names."""
    return rule["body"] in (matter.body, "both") or matter.code in str(rule["parameters"])


def decided_under(user: User, code: str) -> dict[str, Any]:
    """How the items under that code ended in signed meetings within sight, whatever the version. One query."""
    meetings = Meeting.objects.visible_to(user).filter(status__in=SIGNED)
    rows = AgendaItem.objects.filter(matter__code=code, meeting__in=meetings.values("pk"))
    ends = dict(rows.order_by().values_list("outcome").annotate(Count("pk")))
    said = [(outcome.label, ends[outcome.value]) for outcome in Outcome if ends.get(outcome.value)]
    return {"total": sum(ends.values()), "outcomes": said}
