"""The texts of the demonstration district, from `demo/data`. Everything in there is invented."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class TaskText:
    """四明确 of a task to come; `who` is the line of work that answers for it, `days` the time it gets."""

    target: str
    measures: str
    who: str
    days: int
    units: str = ""


@dataclass(frozen=True)
class Topic:
    """Something a school decides upon. `origin`: the matter under which the principal's meeting works it out first; `amount` in 元."""

    matter: str
    title: str
    summary: str
    decision: str
    tasks: tuple[TaskText, ...]
    origin: str = ""
    proposal_title: str = ""
    amount: int = 0
    months: frozenset[int] = frozenset()
    stages: frozenset[str] = frozenset()

    def fits(self, stage: str, month: int) -> bool:
        """Whether it can come up in that kind of school in that month."""
        return (not self.stages or stage in self.stages) and (not self.months or month in self.months)

    def filled(self, values: dict[str, Any]) -> "Topic":
        """With the placeholders replaced."""
        return replace(
            self,
            title=self.title.format_map(values),
            proposal_title=self.proposal_title.format_map(values),
            summary=self.summary.format_map(values),
            decision=self.decision.format_map(values),
            amount=values["amount"] * 10_000 if "{amount}" in f"{self.title}{self.summary}{self.decision}" else 0,
            tasks=tuple(replace(task, target=task.target.format_map(values)) for task in self.tasks),
        )


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Names, reasons, opinions, notes."""
    return _read("words.yaml")


@lru_cache(maxsize=1)
def topics() -> tuple[Topic, ...]:
    """All topics but the first one of Party meetings, which is `studies`."""
    return _topics("topics")


@lru_cache(maxsize=1)
def adoptions() -> tuple[Topic, ...]:
    """What the first Party meeting of the year adopts: the school's own rules of procedure of both meetings."""
    return _topics("adoptions")


@lru_cache(maxsize=1)
def foundations() -> tuple[Topic, ...]:
    """What a Party meeting of spring adopts: charter, duties, division of labour and organisation."""
    return _topics("foundations")


def _topics(key: str) -> tuple[Topic, ...]:
    return tuple(
        Topic(
            matter=entry["matter"],
            title=entry["title"],
            summary=entry["summary"],
            decision=entry["decision"],
            tasks=tuple(TaskText(*task) for task in entry["tasks"]),
            origin=entry.get("from", ""),
            proposal_title=entry.get("proposal_title", ""),
            months=frozenset(entry.get("months", ())),
            stages=frozenset(entry.get("stages", ())),
        )
        for entry in _read("topics.yaml")[key]
    )


@lru_cache(maxsize=1)
def studies() -> tuple[Topic, ...]:
    """What is studied as 第一议题."""
    return tuple(
        Topic(
            matter="P01",
            title=entry["title"],
            summary="学习材料会前已发给班子成员，会上由书记领学，成员结合分管工作发言。",
            decision=f"会议要求把学习成果落到具体工作中。会后{entry['task']}。",
            tasks=(TaskText(entry["task"], "定好学习日期和领学人，做好记录，收集落实意见", "member", 12, "各党小组"),),
        )
        for entry in _read("topics.yaml")["study"]
    )


@lru_cache(maxsize=4)
def read_words(name: str) -> dict[str, Any]:
    """A file of texts as it is; none of them is changed."""
    return _read(name)


def _read(name: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((DATA / name).read_text(encoding="utf-8"))
    return content
