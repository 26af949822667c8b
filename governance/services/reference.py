"""Loading the delivered catalogue and rule files into rows; the same file twice changes nothing."""

import hashlib
from datetime import datetime
from typing import Any

from django.db import transaction

from audit.services import record
from common.errors import WrongState
from governance.models import Catalogue, Matter, RuleBook
from governance.rules.load import DATA, DELIVERED, build_reference, read_catalogue, read_rules, read_workdays
from governance.services.model_texts import load_model_texts
from schools.permissions import Body

RULES_TITLE = "中小学校两会议事程序规则"


@transaction.atomic
def load_reference(*, at: datetime) -> tuple[tuple[Catalogue, bool], tuple[RuleBook, bool]]:
    """Load the delivered catalogue, rules and model texts; of the first two each with whether anything was written."""
    load_model_texts(at=at)
    return load_catalogue(at=at), load_rules(at=at)


@transaction.atomic
def load_rules(*, version: str = DELIVERED, at: datetime) -> tuple[RuleBook, bool]:
    """Load one version of the rules; returns it and whether anything was written. A version whose file has changed is refused."""
    digest = hashlib.sha256((DATA / f"rules-{version}.yaml").read_bytes()).hexdigest()
    stored = RuleBook.objects.filter(number=version).first()
    if stored is not None:
        if stored.sha256 != digest:
            raise WrongState(f"规则 {version} 的文件与已载入的不同。改动的规则要用新的版本号。")
        return stored, False
    content = read_rules(version)
    if version != DELIVERED:  # the delivered one is what the engine was tested with
        build_reference(read_catalogue(), content, read_workdays())
    book = RuleBook(
        number=version,
        title=RULES_TITLE,
        note=content["status"],
        effective_from=content.get("effective_from"),
        sha256=digest,
        content=content,
    )
    book.commit(at)
    record("governance.rulebook.loaded", by=None, at=at, on=book, rules=len(content["rules"]))
    return book, True


@transaction.atomic
def load_catalogue(*, version: str = DELIVERED, at: datetime) -> tuple[Catalogue, bool]:
    """Load one version; returns it and whether anything was written. A version whose file has changed is refused."""
    raw = (DATA / f"catalogue-{version}.yaml").read_bytes()
    digest = hashlib.sha256(raw).hexdigest()
    stored = Catalogue.objects.filter(number=version).first()
    if stored is not None:
        if stored.sha256 != digest:
            raise WrongState(f"目录 {version} 的文件与已载入的不同。改动的目录要用新的版本号。")
        return stored, False
    content = read_catalogue(version)
    catalogue = Catalogue(
        number=version,
        title="中小学校两会议事事项目录",
        note=content["status"],
        effective_from=content.get("effective_from"),
        stages=content["stages"],
    )
    catalogue.commit(at)
    aspects = {aspect["code"]: aspect["title"] for aspect in content["aspects"]}
    matters = [_matter(catalogue, entry, aspects) for entry in content["matters"]]
    for matter in matters:
        matter.stamp(at)
    Matter.objects.bulk_create(matters)
    Catalogue.objects.filter(pk=catalogue.pk).update(sha256=digest)  # from now on the database keeps it as it is
    catalogue.sha256 = digest
    record("governance.catalogue.loaded", by=None, at=at, on=catalogue, matters=len(content["matters"]))
    return catalogue, True


def _matter(catalogue: Catalogue, entry: dict[str, Any], aspects: dict[str, str]) -> Matter:
    return Matter(
        catalogue=catalogue,
        code=entry["code"],
        body=Body(entry["body"]),
        aspect_code=entry.get("aspect") or "",
        aspect=aspects.get(entry.get("aspect") or "", ""),
        title=entry["title"],
        title_en=entry.get("title_en") or "",
        scope=entry["scope"],
        nature=Matter.Nature(entry["nature"]),
        important=entry["important"],
        attendance_level=entry["attendance"]["level"],
        attendance_strength=entry["attendance"]["strength"],
        prior_stages=entry.get("prior_stages") or [],
        next_stages=entry.get("next_stages") or [],
        fed_by=entry.get("fed_by") or [],
        feeds=entry.get("feeds") or [],
        keywords=entry.get("keywords") or [],
        evidence=entry.get("evidence") or "",
    )
