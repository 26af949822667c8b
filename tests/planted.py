"""Signed meetings with chosen results, written as rows: many of them, with any outcome, without their long way through the pages."""

import random
import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

from django.test import Client
from django.urls import reverse

from accounts.models import User
from common.dates import SHANGHAI, local_day
from governance.models import AgendaItem, Matter, Meeting, MeetingStatus, RuleResult
from reports.models import SignedNote
from schools.models import School
from schools.permissions import Body
from tests import factories

PAGE = reverse("reports:findings")
LIST = reverse("reports:findings-list")
VIEWS = ("rule", "school", "matter", "month", "peers", "pace")
RULES = {"R-T03": "warn", "R-T05": "block", "R-V02": "warn"}
OF_MEETING = {"R-T04": "warn", "R-T20": "record"}
OUTCOMES = ("pass",) * 6 + ("fail", "insufficient", "waived", "not_applicable")
MONTHS = [(2025, 12), (2026, 3), (2026, 9), (2026, 10)]
KINDS = (("large", "urban", "strong"), ("large", "rural", "weak"), ("small", "urban", "strong"))
ALL = "since=2025-01&until=2026-12"
# Rule, outcome, severity, matter: "" for the meeting, "-" for an item without a matter.
Said = tuple[str, str, str, str]


class Planter:
    """Two accounts stand for recorder and signer of everything; matters are those of the catalogue."""

    def __init__(self) -> None:
        factories.reference()
        people = [factories.make_person(f"签{number}", f"planter-{number}") for number in (1, 2)]
        self.recorder, self.signer = (person.account for person in people)
        self.matters = {matter.code: matter for matter in Matter.objects.all()}
        self.serial = 0

    def meeting(self, school: School, at: datetime, said: Iterable[Said], body: str = Body.PARTY) -> Meeting:
        """One signed meeting; its note is written as the signature writes it."""
        self.serial += 1
        results = list(said)
        unmet = [one for one in results if one[1] in ("fail", "insufficient")]
        meeting = Meeting(
            school=school, body=body, status=MeetingStatus.HELD, scheduled_at=at, year=local_day(at).year, serial=self.serial,
            held_at=at, held_by=self.recorder, minuted_at=at, minuted_by=self.recorder,
            findings_warn=len([one for one in unmet if one[2] == "warn"]),
            findings_waived=len([one for one in results if one[1] == "waived"]),
        )  # fmt: skip
        meeting.commit(at)
        self._results(meeting, results, at)
        signed = {
            "status": MeetingStatus.SIGNED,
            "signed_at": at + timedelta(days=1),
            "signed_by": self.signer,
            "seal": "0" * 64,
        }
        Meeting.objects.filter(pk=meeting.pk).update(**signed)
        SignedNote.objects.create(meeting=meeting, month=local_day(at).replace(day=1))
        return meeting

    def _results(self, meeting: Meeting, said: list[Said], at: datetime) -> None:
        items: dict[tuple[str, str], AgendaItem] = {}
        for place, (rule, _, _, matter) in enumerate(said, start=1):
            if matter:
                items[rule, matter] = AgendaItem(
                    meeting=meeting, order=place, title=f"议题{place}", matter=self.matters.get(matter), version=1,
                    created_at=at, updated_at=at,
                )  # fmt: skip
        AgendaItem.objects.bulk_create(items.values())
        RuleResult.objects.bulk_create(
            RuleResult(
                meeting=meeting, item=items.get((rule, matter)), order=order, rule=rule, outcome=outcome, severity=severity,
                message=f"{rule} 的说明", rules_version="1", catalogue_version="1", judged_at=at,
            )
            for order, (rule, outcome, severity, matter) in enumerate(said, start=1)
        )  # fmt: skip


def counted_by_hand(rows: Iterable[RuleResult], key: Any) -> dict[Any, dict[str, int]]:
    """Judgements one by one, in plain Python: by key, how many of each level; 不适用 left out."""
    found: dict[Any, dict[str, int]] = {}
    for row in rows:
        level = {
            ("fail", "block"): "bad",
            ("fail", "warn"): "warn",
            ("fail", "record"): "warn",
        }.get((row.outcome, row.severity)) or {"insufficient": "ins", "waived": "let", "pass": "ok"}.get(row.outcome)
        if level is not None:
            numbers = found.setdefault(key(row), {"bad": 0, "warn": 0, "ins": 0, "let": 0, "ok": 0})
            numbers[level] += 1
    return found


def stored() -> list[RuleResult]:
    return list(RuleResult.objects.select_related("meeting__school__office", "item__matter"))


def school(
    number: int, size: str = "medium", location: str = "urban", foundation: str = "medium", **more: Any
) -> School:
    return factories.make_school(
        f"FH{number:03}", f"第{number:03}小学", size=size, location=location, foundation=foundation, **more
    )


def said_by_chance(chance: random.Random) -> list[Said]:
    def one(rule: str, severity: str, matter: str) -> Said:
        outcome = chance.choice(OUTCOMES)
        return (
            rule,
            "waived" if severity == "block" and outcome in ("fail", "insufficient") else outcome,
            severity,
            matter,
        )

    items = [one(rule, severity, chance.choice(("P01", "P16", "-"))) for rule, severity in RULES.items()]
    return [*items, *(one(rule, severity, "") for rule, severity in OF_MEETING.items())]


def make_district(planter: Planter) -> list[School]:
    """Six schools, eight meetings each, by chance over four months."""
    chance = random.Random(20261124)
    schools = []
    for number in range(1, 7):
        one = school(number, *KINDS[number % 3], office=("城东教办", "城西教办", None)[number % 3])
        schools.append(one)
        for _ in range(8):
            year, month = chance.choice(MONTHS)
            at = datetime(year, month, chance.randint(1, 28), chance.randint(0, 23), tzinfo=SHANGHAI)
            planter.meeting(one, at, said_by_chance(chance), chance.choice(Body.values))
    return schools


def plant_rates(planter: Planter, one: School, meetings: int, found: int) -> None:
    at = datetime(2026, 10, 9, tzinfo=SHANGHAI)
    for number in range(meetings):
        outcome = "fail" if number < found else "pass"
        planter.meeting(one, at, [("R-T04", outcome, "warn", "")])


# ---- looking at pages ----


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(user: User, address: str) -> str:
    answer = client_of(user).get(address)
    assert answer.status_code == 200, address
    return answer.content.decode()


def linked_numbers(html: str) -> Iterator[tuple[str, int]]:
    """Addresses and numbers of the overview: in tables, in the heat, and in the sentence (“1,347 次”)."""
    for url, number in re.findall(
        r'<a(?: class="[^"]*")? href="(/findings/(?:list|meetings)/[^"]*)">([\d,]+)[ <]', html
    ):
        yield unescape(url), int(number.replace(",", ""))


def listed(client: Client, address: str) -> list[Any]:
    """All rows of a list, page by page."""
    rows: list[Any] = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, address
        rows += answer.context["rows"]
        following = answer.context["next_url"]
        address = address.partition("?")[0] + following if following else ""
    return rows
