"""What is done before a meeting in the demonstration district: steps of the catalogue, talks, materials."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from random import Random
from uuid import UUID

from django.core.files.uploadedfile import SimpleUploadedFile

from demo.days import working_day
from demo.plan import ItemPlan, MeetingPlan
from demo.words import words
from governance.models.preparation import TALK_STAGE
from governance.rules.load import delivered_reference, read_catalogue
from governance.services import Preparation, Prepared, StepInput

# Steps the rules ask for although the catalogue only recommends them (R-T08, R-T12).
RULED = {"P08": ("principal_meeting",), "P17": ("cadre_consultation",)}
LARGE, SMALL = ("P21", "P22", "P23"), ("A18",)
CHANCES = {"required": 1.0, "recommended": 0.6, "conditional": 0.25}


@lru_cache(maxsize=1)
def _stages() -> dict[str, list[tuple[str, str]]]:
    return {
        matter["code"]: [(stage["stage"], stage["requirement"]) for stage in matter["prior_stages"]]
        for matter in read_catalogue()["matters"]
    }


@dataclass
class Preparer:
    """Prepares the items of one meeting. `proposals` are signed items of the principal's meeting by the topic's title."""

    plan: MeetingPlan
    proposals: dict[str, UUID]
    today: date
    rng: Random

    def prepared(self, items: list[UUID]) -> list[Prepared]:
        """What is done for each item."""
        return [
            Prepared(item, Preparation(steps=tuple(self._steps(plan)), amount=self._amount(plan)), self._files(plan))
            for item, plan in zip(items, self.plan.items, strict=True)
        ]

    def _amount(self, plan: ItemPlan) -> Decimal | None:
        """What is spent, in 元: as the title says, or a small sum for what stays below the limit of the school (R-T21)."""
        if plan.matter in LARGE and plan.topic.amount:
            return Decimal(plan.topic.amount)
        return Decimal(self.rng.randrange(12, 90) * 100) if plan.matter in SMALL else None

    def _steps(self, plan: ItemPlan) -> list[StepInput]:
        ruled = RULED.get(plan.matter, ())
        asked = _stages().get(plan.matter, [])
        wanted = [s for s, how in asked if s != TALK_STAGE and (s in ruled or self.rng.random() < CHANCES[how])]
        wanted += [stage for stage in ruled if stage not in wanted]
        return [self._step(stage, plan) for stage in wanted]

    def _step(self, stage: str, plan: ItemPlan) -> StepInput:
        note = str(self.rng.choice(words()["step_notes"].get(stage, [""])))
        source = self.proposals.get(plan.topic.title) if stage == "principal_meeting" else None
        if source is not None:
            return StepInput(stage, None, "", source)
        return StepInput(stage, working_day(min(self.today, self.plan.day), -self.rng.randint(1, 6)), note)

    def _files(self, plan: ItemPlan) -> tuple[SimpleUploadedFile, ...]:
        """Important matters come with a proposal (R-T14); now and then it was forgotten."""
        if not delivered_reference().matters[plan.matter].important or self.rng.random() < 0.03:
            return ()
        text = f"{plan.title}\n\n{plan.topic.summary}\n\n建议：{plan.topic.decision}\n"
        return (SimpleUploadedFile(f"{plan.title[:30]}方案.txt", text.encode()),)
