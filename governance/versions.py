"""Versions of the catalogue: when each is in force, an entry in words, and what differs between two versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from uuid import UUID

from common.errors import Difference
from governance.models import Catalogue, Matter
from governance.rules.load import read_catalogue
from governance.rules.matters import Entry
from governance.validity import Validity, with_days

REQUIREMENT_WORDS = {"required": "必须", "recommended": "建议", "conditional": "视情况"}
ATTENDANCE_WORDS = {
    ("half", "half"): "半数以上",
    ("two_thirds", "required"): "三分之二以上（必须）",
    ("two_thirds", "recommended"): "三分之二以上（建议）",
}
STAGE_WORDS = {
    "principal_meeting": "校长办公会议研究",
    "secretary_principal_talk": "书记校长沟通",
    "cadre_consultation": "干部酝酿",
    "staff_congress": "教代会",
    "academic_committee": "学术委员会",
    "parents_committee": "家委会",
    "meal_committee": "膳管会",
    "student_congress": "学代会",
    "school_affairs_committee": "校务委员会",
    "finance_review": "财务审核",
    "legal_review": "合法性审核",
    "public_notice": "公示",
    "party_branch_assembly": "党员大会",
    "bureau_approval": "上级审批",
    "disclosure": "党务校务公开",
    "party_meeting": "党组织会议",
    "report_to_party": "向党组织报告",
}
FIELDS = (
    ("title", "事项"),
    ("scope", "范围"),
    ("nature", "性质"),
    ("important", "重要事项"),
    ("attendance", "到会要求"),
    ("prior_stages", "上会前环节"),
    ("next_stages", "会后环节"),
    ("fed_by", "来自"),
    ("feeds", "转往"),
    ("keywords", "关键词"),
)
PROSE = frozenset({"title", "scope"})


@lru_cache(maxsize=1)
def evidence_words() -> Mapping[str, str]:
    """What the delivered file says of each level of evidence."""
    words: dict[str, str] = read_catalogue()["evidence_levels"]
    return words


@lru_cache(maxsize=1)
def strength_words() -> Mapping[str, str]:
    """What the delivered file says of the strength of an attendance requirement."""
    words: dict[str, str] = read_catalogue()["attendance_strengths"]
    return words


def entry_of(matter: Matter) -> Entry:
    """The stored entry as the checks see it."""
    return Entry(
        code=matter.code,
        body=matter.body,
        title=matter.title,
        scope=matter.scope,
        nature=matter.nature,
        important=matter.important,
        attendance=(matter.attendance_level, matter.attendance_strength),
        prior_stages=tuple((step["stage"], step["requirement"]) for step in matter.prior_stages),
        next_stages=tuple((step["stage"], step["requirement"]) for step in matter.next_stages),
        fed_by=tuple(matter.fed_by),
        feeds=tuple(matter.feeds),
        keywords=tuple(matter.keywords),
    )


def entries_of(catalogue: Catalogue | UUID) -> list[Entry]:
    """The whole version (or the one with that id), by code."""
    return [entry_of(matter) for matter in Matter.objects.filter(catalogue=catalogue).order_by("code")]


@dataclass(frozen=True)
class CatalogueValidity(Validity):
    """A version of the catalogue and its days."""

    catalogue: Catalogue


def issued_versions() -> list[CatalogueValidity]:
    """All issued versions, latest first, each in force until the day before the next. One query, without the stages."""
    catalogues = Catalogue.objects.issued().latest_first().select_related("issued_by").defer("stages")
    return [CatalogueValidity(since, until, catalogue) for catalogue, since, until in with_days(catalogues)]


def in_words(entry: Entry, name: str, stages: Mapping[str, str]) -> str:
    """One field of an entry as people read it; “–” for nothing."""
    value = getattr(entry, name)
    if name == "nature":
        return str(Matter.Nature(value).label) if value in Matter.Nature.values else str(value)
    if name == "important":
        return "是" if value else "否"
    if name == "attendance":
        return ATTENDANCE_WORDS.get(value, "–")
    if name in ("prior_stages", "next_stages"):
        said = [f"{stages.get(stage, stage)}（{REQUIREMENT_WORDS.get(how, how)}）" for stage, how in value]
        return "；".join(said) or "–"
    return str(value) or "–" if name in PROSE else "、".join(value) or "–"


@dataclass(frozen=True)
class FieldChange:
    """One field before and after. `parts`: kind (same, gone, new) and text, for prose that was rewritten in places."""

    name: str
    label: str
    before: str
    after: str
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class MatterChange:
    """One matter that reads otherwise in the later version."""

    code: str
    title: str
    body: str
    fields: tuple[FieldChange, ...]


def differences(before: Sequence[Entry], after: Sequence[Entry], stages: Mapping[str, str]) -> list[MatterChange]:
    """Every matter and field in which two versions differ, by body and code. Codes are the same in all versions."""
    old = {entry.code: entry for entry in before}
    changes = []
    for entry in after:
        fields = tuple(field_changes(old[entry.code], entry, stages)) if entry.code in old else ()
        if fields:
            changes.append(MatterChange(entry.code, entry.title, entry.body, fields))
    return changes


def field_changes(before: Entry, after: Entry, stages: Mapping[str, str]) -> Iterable[FieldChange]:
    """The fields that differ, in the order of the form."""
    for name, label in FIELDS:
        if getattr(before, name) == getattr(after, name):
            continue
        old, new = in_words(before, name, stages), in_words(after, name, stages)
        yield FieldChange(name, label, old, new, _parts(old, new) if name in PROSE else ())


def _parts(before: str, after: str) -> tuple[tuple[str, str], ...]:
    found = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(("same", before[i:j]))
            continue
        found += [("gone", before[i:j])] * (j > i) + [("new", after[k:m])] * (m > k)
    return tuple(found)


def stale_differences(stored: Entry, typed: Entry, stages: Mapping[str, str]) -> list[Difference]:
    """What somebody else has saved meanwhile, beside what was typed."""
    return [
        Difference(change.name, f"{stored.code} {change.label}", change.before, change.after)
        for change in field_changes(stored, typed, stages)
    ]
