"""The rollout before the year's daily work: founding documents signed for, four batches of schools selected in three steps, and
登记全面实施 once a school's plan runs and both its rules of procedure are adopted. All by the people who would do it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

import yaml

from accounts.models import User
from demo.days import clock, working_day
from demo.people import Cast
from demo.words import DATA
from pilots.models import Application, Batch, Policy, PolicyReceipt
from pilots.selection_steps import sample_of
from pilots.services import selection
from pilots.services.batches import BatchInput, create_batch
from pilots.services.policies import PolicyInput, draft_policy, publish_policy
from pilots.services.receipts import note_reading, sign_receipt
from schools import access
from schools.models import PilotStatus, School
from schools.permissions import Post
from schools.providers import rules_adopted_on
from schools.services.pilot import mark_implemented

Put = Callable[[datetime, Callable[[datetime], None]], None]
BATCHES = ("第一批", "第二批", "第三批", "第四批")
EVERY = timedelta(days=20)  # between the openings of two batches
AGAIN = timedelta(days=7)  # the bureau looks weekly whether a school can be registered
SPARE = 2  # places a batch has beyond its schools
LATE_EVERY, RETURNED_EVERY = 13, 16


@dataclass
class Rollout:
    """Plans the rollout of the whole district on the agenda; `bureau` and `offices` act for bureau and offices."""

    first: date
    as_of: date
    put: Put
    bureau: User
    offices: dict[str, User]
    batches: list[Batch] = field(default_factory=list)
    policies: dict[str, Policy] = field(default_factory=dict)
    texts: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.texts = yaml.safe_load((DATA / "rollout.yaml").read_text(encoding="utf-8"))

    # ---- selection ----

    def expect_batches(self, schools: int) -> None:
        """Four batches, three weeks apart; each takes a quarter of the schools."""
        for number, name in enumerate(BATCHES):
            quota = len(range(number, schools, len(BATCHES))) + SPARE
            self.put(
                clock(self.opens(number) - timedelta(days=2), 9, number), partial(self._open_batch, number, name, quota)
            )

    def opens(self, number: int) -> date:
        """When that batch opens."""
        return working_day(self.first + timedelta(days=4) + number * EVERY, 1)

    def _open_batch(self, number: int, name: str, quota: int, at: datetime) -> None:
        opens_on = self.opens(number)
        nominate_by, recommend_by, review_by = (working_day(opens_on, steps) for steps in (6, 9, 13))
        new = BatchInput(f"{self.first.year}-{number + 1}", name, opens_on, quota, nominate_by, recommend_by, review_by)
        self.batches.append(create_batch(new=new, by=self._acting(self.bureau), at=at))

    def expect_school(self, index: int, cast: Cast) -> None:
        """One school from its nomination to 登记全面实施."""
        number = index % len(BATCHES)
        opens_on, place = self.opens(number), index // len(BATCHES)
        nominated = working_day(opens_on, 1 + place % 4)
        recommended, reviewed = working_day(nominated, 2), working_day(nominated, 5)
        step = partial(self._take, index, cast)
        self.put(clock(nominated, 9, place % 50), partial(step, self._nominate))
        if index % RETURNED_EVERY == RETURNED_EVERY - 3:
            self.put(clock(recommended, 9, 20), partial(step, self._office_returns))
            self.put(clock(working_day(nominated, 3), 9, 10), partial(step, self._nominate_again))
            recommended = working_day(nominated, 4)
        self.put(clock(recommended, 10, place % 50), partial(step, self._recommend))
        if index % RETURNED_EVERY == RETURNED_EVERY - 7:
            self.put(clock(reviewed, 9, 30), partial(step, self._bureau_returns))
            self.put(clock(working_day(nominated, 6), 9, 40), partial(step, self._nominate_again))
            reviewed = working_day(nominated, 7)
        self.put(clock(reviewed, 14, place % 50), partial(step, self._approve))
        registered = working_day(reviewed + timedelta(days=60), 1)
        self.put(clock(registered, 15, index % 50), partial(self._implement, index, cast.school))

    def approved_on(self, index: int) -> date:
        """By that day the bureau has approved the school of that index, returns and all."""
        nominated = working_day(self.opens(index % len(BATCHES)), 1 + index // len(BATCHES) % 4)
        return working_day(nominated, 7)

    def _take(self, index: int, cast: Cast, act: Callable[[int, Cast, datetime], None], at: datetime) -> None:
        act(index, cast, at)

    def _nominate(self, index: int, cast: Cast, at: datetime) -> None:
        school = cast.school
        words = f"{sample_of(school.size, school.foundation, school.location)}，{self.texts['paths'][school.size]}"
        new = selection.ApplicationInput(
            self._one("reasons", index),
            self._one("conditions", index // 2),
            words,
            self.batches[index % len(BATCHES)].pk,
        )
        selection.write_application(
            school=school, application=None, new=new, version=None, nominates=True, by=self._secretary(cast, at), at=at
        )

    def _nominate_again(self, index: int, cast: Cast, at: datetime) -> None:
        found = self._of(cast)
        conditions = f"{found.conditions}补充：班子成员配备齐全，党组织会议、校长办公会议每月各两次以上。"
        new = selection.ApplicationInput(found.reasons, conditions, found.sample, found.batch_id)
        selection.write_application(
            school=cast.school, application=found, new=new, version=None, nominates=True,
            by=self._secretary(cast, at), at=at,
        )  # fmt: skip

    def _recommend(self, index: int, cast: Cast, at: datetime) -> None:
        found, office = self._of(cast), self._office(cast)
        if office is None:
            selection.exempt(application=found, by=self._acting(self.bureau), at=at)
        else:
            text = self._one("recommendations", index)
            selection.recommend(application=found, opinion=text, by=self._acting(office), at=at)

    def _office_returns(self, index: int, cast: Cast, at: datetime) -> None:
        by = self._acting(self._office(cast) or self.bureau)
        selection.return_application(application=self._of(cast), reason=self.texts["returned_by_office"], by=by, at=at)

    def _bureau_returns(self, index: int, cast: Cast, at: datetime) -> None:
        reason, by = self.texts["returned_by_bureau"], self._acting(self.bureau)
        selection.return_application(application=self._of(cast), reason=reason, by=by, at=at)

    def _approve(self, index: int, cast: Cast, at: datetime) -> None:
        selection.approve(application=self._of(cast), by=self._acting(self.bureau), at=at)

    def _implement(self, index: int, school: School, at: datetime) -> None:
        """Registered as soon as the plan runs and both rules are adopted; until then the bureau looks again every week."""
        current = School.objects.only("pilot_status").get(pk=school.pk)
        if current.pilot_status == PilotStatus.IMPLEMENTING and rules_adopted_on(school.pk) is not None:
            mark_implemented(school=school, on=at.date(), by=self._acting(self.bureau), at=at)
        else:
            self.put(at + AGAIN, partial(self._implement, index, school))

    # ---- documents ----

    def expect_documents(self, casts: Sequence[Cast]) -> None:
        """The application notice, the plan and the notice that replaces the first one; and one of these days to be signed for."""
        days = (
            ("old", self.first + timedelta(days=1)),
            ("plan", self.first + timedelta(days=2)),
            ("notice", self.first + timedelta(days=9)),
            ("latest", self.as_of - timedelta(days=6)),
        )
        for name, day in days:
            self.put(clock(working_day(day, 1 if name != "latest" else -1), 8, 30), partial(self._publish, name, casts))

    def _publish(self, name: str, casts: Sequence[Cast], at: datetime) -> None:
        said, day, by = self.texts["documents"][name], at.date(), self._acting(self.bureau)
        old = self.policies.get(said.get("supersedes", ""))
        new = PolicyInput(
            number=said["number"].format(year=day.year),
            title=said["title"],
            kind=said["kind"],
            issued_on=day,
            receipt_due_on=working_day(day, 7),
            supersedes=old.pk if old is not None else None,
            sections=said["sections"],
        )
        policy = publish_policy(policy=draft_policy(new=new, by=by, at=at), by=by, at=at)
        self.policies[name] = policy
        receipts = PolicyReceipt.objects.filter(policy=policy).select_related("policy", "school", "office")
        owed = {receipt.school_id or receipt.office_id: receipt for receipt in receipts}
        for index, cast in enumerate(casts):
            self._expect_signature(name, index, owed[cast.school.pk], cast, day)
        for code, office in self.offices.items():
            receipt = next(row for row in owed.values() if row.office is not None and row.office.code == code)
            self.put(clock(working_day(day, 1), 15, 10), partial(self._sign, receipt, partial(_always, office)))

    def _expect_signature(self, name: str, index: int, receipt: PolicyReceipt, cast: Cast, day: date) -> None:
        """Most sign within four days, one in thirteen late; of the latest notice the first school and another have not yet."""
        if name == "latest" and index % 24 in (0, 17):
            return
        late = index % LATE_EVERY == LATE_EVERY - 1 and name != "latest"
        signed = working_day(day, 9 if late else 1 + index % (2 if name == "latest" else 4))
        who = partial(self._clerk, cast)
        self.put(clock(signed, 8 + index % 8, index % 50), partial(self._sign, receipt, who))

    def _sign(self, receipt: PolicyReceipt, who: Callable[[datetime], User], at: datetime) -> None:
        """Read, then signed; a receipt that was closed meanwhile is left alone."""
        current = PolicyReceipt.objects.select_related("policy", "school", "office").get(pk=receipt.pk)
        if current.closed_at is None:
            by = self._acting(who(at))
            note_reading(policy=current.policy, by=by, at=at)
            sign_receipt(receipt=current, by=by, at=at)

    # ---- who ----

    def _of(self, cast: Cast) -> Application:
        return Application.objects.get(school=cast.school)

    def _office(self, cast: Cast) -> User | None:
        return self.offices[cast.school.office.code] if cast.school.office is not None else None

    def _secretary(self, cast: Cast, at: datetime) -> User:
        return cast.head(Post.SECRETARY, at.date()).user

    def _clerk(self, cast: Cast, at: datetime) -> User:
        serving = [holder for holder in cast.serving(at.date()) if holder.holds(Post.CLERK)]
        return serving[0].user if serving else self._secretary(cast, at)

    def _acting(self, user: User) -> User:
        access.keep(user)
        return user

    def _one(self, key: str, index: int) -> str:
        found: list[str] = self.texts[key]
        return found[index % len(found)]


def _always(user: User, at: datetime) -> User:
    """The same person whenever it is."""
    return user
