"""Mid-term and final evaluation read: the bureau's form by version, and how an evaluation stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from accounts.models import User
from pilots.models import Evaluation, EvaluationKind, EvaluationResult
from schools import access
from schools.models import School
from schools.permissions import SchoolPerm

FILE = Path(__file__).parent / "data" / "evaluation_forms.yaml"
RESULT_TAGS = {
    EvaluationResult.GOOD: "done",
    EvaluationResult.FAIR: "done",
    EvaluationResult.PASS: "warn",
    EvaluationResult.WEAK: "bad",
}
NOT_REVIEWERS = "实施评估由组织科填写。"


@dataclass(frozen=True)
class Criterion:
    """One line of the form. `points`: the most it can be given."""

    code: str
    title: str
    points: int
    hint: str


@dataclass(frozen=True)
class EvaluationForm:
    """One version of the bureau's form."""

    version: str
    criteria: tuple[Criterion, ...]

    @property
    def most(self) -> int:
        """All points that can be given."""
        return sum(criterion.points for criterion in self.criteria)


@lru_cache(maxsize=1)
def _forms() -> dict[str, list[EvaluationForm]]:
    read = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {
        kind: [EvaluationForm(form["version"], tuple(Criterion(**row) for row in form["criteria"])) for form in forms]
        for kind, forms in read.items()
    }


def current_form(kind: str) -> EvaluationForm:
    """The latest version: what a new evaluation is written with."""
    return _forms()[EvaluationKind(kind).value][-1]


def form_of(evaluation: Evaluation) -> EvaluationForm:
    """The version the evaluation was written with."""
    return next(form for form in _forms()[evaluation.kind] if form.version == evaluation.form)


def may_evaluate(user: User, school_id: object) -> bool:
    """Whether this account writes evaluations of that school (`review` names 评估)."""
    return school_id in access.school_ids(user, SchoolPerm.REVIEW)


def concluded_of(school: School) -> Sequence[Evaluation]:
    """What stands in the school's record, mid-term first."""
    rows = Evaluation.objects.filter(school=school, concluded_at__isnull=False).select_related("concluded_by")
    return sorted(rows, key=lambda row: EvaluationKind.values.index(row.kind))


def result_tag(evaluation: Evaluation) -> tuple[str, str]:
    """Kind and words of the result's tag."""
    if evaluation.concluded_at is None:
        return "go", "填写中"
    return RESULT_TAGS[EvaluationResult(evaluation.result)], evaluation.get_result_display()


def total_of(evaluation: Evaluation) -> int | None:
    """The points given, when every criterion has some."""
    points = [answer.points for answer in evaluation.answers.all()]
    return sum(p for p in points if p is not None) if points and None not in points else None
