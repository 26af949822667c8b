"""会前准备 as it reads on the page of a meeting: steps and talks by item, and the files."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.urls import reverse

from governance.beforehand import FILE, beforehand_of
from governance.models import Meeting, TalkResult
from governance.models.preparation import TALK_STAGE


@dataclass(frozen=True)
class Done:
    """One step: its words, its day, what came of it, and where more of it stands."""

    words: str
    done_on: date | None
    note: str
    url: str = ""


@dataclass(frozen=True)
class File:
    """One file of an item."""

    name: str
    url: str


@dataclass
class Prepared:
    """What is prepared for one item."""

    steps: list[Done] = field(default_factory=list)
    files: list[File] = field(default_factory=list)


def prepared_of(meeting: Meeting) -> dict[UUID, Prepared]:
    """Steps and talks in order of their day, then the files. No query beyond `beforehand_of`."""
    stages = meeting.catalogue.stages if meeting.catalogue else {}
    found: dict[UUID, Prepared] = {}
    for item, rows in beforehand_of(meeting).items():
        prepared = found.setdefault(item, Prepared())
        for row in rows:
            if row.stage == FILE:
                prepared.files.append(File(row.said, reverse("attachments:download", args=[row.ref])))
            elif row.stage == TALK_STAGE:
                said = TalkResult(row.said).label if row.said else ""
                prepared.steps.append(
                    Done("书记校长会前沟通", row.day, said, reverse("governance:talk", args=[row.ref]))
                )
            else:
                prepared.steps.append(Done(short_stage(stages.get(row.stage, row.stage)), row.day, row.said))
    return found


def short_stage(words: str) -> str:
    """The stage without what the catalogue adds in brackets at its end: “财务审核(预算来源…)” reads “财务审核”."""
    return words.partition("(预算")[0]
