"""发会议通知之前: what stops the notice, what should be minded, what is in order; each with the place where it is mended.

What stops is what `services.call_meeting` refuses (roles_and_states.md §2, call); a test holds the two against each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse

from governance.drafts import Judged
from governance.models import Meeting
from governance.rules.findings import Outcome, Result, Severity
from governance.selectors import BEFORE_CALLING
from governance.services import AgendaInput, ItemInput
from governance.shown import rule_topics
from schools.permissions import HEAD_POST, Body

SAID_OTHERWISE = ("R-T01", "R-T02", "R-T05")  # 审定 and 归类 have their own lines
OF_TALKS = ("R-T09", "R-T10")
FIELDS = {
    "R-C01": "matter", "R-C02": "matter", "R-C03": "matter", "R-T05": "matter", "R-T07": "matter",
    "R-T03": "proposed_on",
}  # fmt: skip
HEAD_FIELDS = {"R-C04": "form", "R-T04": "materials_sent_on", "R-A09": "recorder"}
WAIVE = "写明理由后放行"


@dataclass(frozen=True)
class Check:
    """One line of the list. `url` leads to where it is mended, `waive` to 放行 where this account may let it pass."""

    state: str  # ok, stop, mind
    text: str
    todo: str = ""
    url: str = ""
    link: str = ""
    waive: str = ""

    @property
    def ok(self) -> bool:
        """In order."""
        return self.state == "ok"


@dataclass(frozen=True)
class Sight:
    """What the list is made for: which page (`base` is empty on the agenda page itself), which lines it shows, what may be let pass.

    `keys` are the numbers of the lines' fields in their order, None for lines as they are stored; `waive` gives the address
    of 放行 by rule and subject; `talks` says whether the reader may register a talk.
    """

    base: str = ""
    keys: Sequence[int] | None = None
    hidden: frozenset[UUID] = frozenset()
    waive: Mapping[tuple[str, str], str] = field(default_factory=dict)
    talks: bool = False


@dataclass(frozen=True)
class Preflight:
    """The list for one agenda as it is typed or stored."""

    meeting: Meeting
    agenda: AgendaInput
    judged: Judged
    sight: Sight
    in_office: frozenset[UUID]
    confirmed: str
    at: datetime

    def checks(self) -> list[Check]:
        """What stops first, then what should be minded, then what is in order."""
        found = [*self._head(), *self._items(), *self._rules(), self._confirmation()]
        places = {"stop": 0, "mind": 1, "ok": 2}
        return sorted(found, key=lambda check: places[check.state])

    # ---- time, place, people ----

    def _head(self) -> Iterator[Check]:
        agenda = self.agenda
        if not agenda.place.strip():
            yield Check("stop", "还没有写开会地点", "写上地点", self._field("place"), "写地点")
        if agenda.chair is None:
            yield Check("mind", "还没有定主持人", "选一位应到成员主持", self._field("chair"), "选主持")
        if agenda.recorder is None:
            yield Check("mind", "还没有定记录人", "选一位记录人，主持人不兼", self._field("recorder"), "选记录人")
        if self.at >= agenda.scheduled_at:
            yield Check(
                "mind", "开会时间已经过了", "改开会时间，或不发通知直接登记召开", self._field("scheduled_at"), "改时间"
            )

    def _items(self) -> Iterator[Check]:
        lines = self.agenda.items
        if not lines:
            yield Check(
                "stop", "议程还没有议题", "从目录选事项，或写一个议题名称", f"{self.sight.base}#agenda-items", "加议题"
            )
            return
        yield Check("ok", f"议程有 {len(lines)} 个议题")
        open_lines = [number for number, line in enumerate(lines, start=1) if not line.matter]
        if open_lines:
            yield Check(
                "stop", f"第 {_numbers(open_lines)} 项还没归入目录事项", "给它选一个事项（R-T05）",
                self._of_line(open_lines[0], "matter"), "选事项",
            )  # fmt: skip
        else:
            yield Check("ok", "每个议题都归入目录事项")
        gone = [
            number
            for number, line in enumerate(lines, start=1)
            if line.presenter and line.presenter not in self.in_office and line.item not in self.sight.hidden
        ]
        if gone:
            yield Check(
                "mind", f"第 {_numbers(gone)} 项的汇报人开会当日不在任", "换一位汇报人",
                self._of_line(gone[0], "presenter"), "换汇报人",
            )  # fmt: skip

    def _confirmation(self) -> Check:
        head = HEAD_POST[Body(self.meeting.body)].label
        if self.confirmed:
            return Check("ok", f"{head}已审定议程（{self.confirmed}）")
        todo = f"议题填好后，由{head}在会议页点“审定议程”"
        url = self.meeting.get_absolute_url() if not self.sight.base else ""
        return Check("stop", f"{head}还没有审定议程", todo, url, "到会议页" if url else "")

    # ---- what the rules say ----

    def _rules(self) -> Iterator[Check]:
        yield from self._of_subject(0, self.judged.meeting)
        withheld = []
        minded: dict[str, list[tuple[int, Result]]] = {}
        for number, (line, results) in enumerate(zip(self.agenda.items, self.judged.items, strict=True), start=1):
            if line.item in self.sight.hidden:
                withheld += [number] if any(_stops(result) for result in results) else []
                continue
            yield from self._of_subject(number, results, minded)
        if withheld:
            yield Check("stop", f"第 {_numbers(withheld)} 项（限定人员议题）还有要办的事", "请知悉这个议题的人处理")
        yield from self._minded(minded)

    def _of_subject(
        self, number: int, results: Sequence[Result], minded: dict[str, list[tuple[int, Result]]] | None = None
    ) -> Iterator[Check]:
        where = f"第 {number} 项：" if number else ""
        for result in results:
            if result.rule in SAID_OTHERWISE or (result.rule == "R-A09" and self.agenda.recorder is None):
                continue
            if _stops(result):
                yield self._said("stop", where, number, result)
            elif _minds(result) and minded is not None:
                minded.setdefault(result.rule, []).append((number, result))
            elif _minds(result):
                yield self._said("mind", where, number, result)

    def _minded(self, minded: Mapping[str, list[tuple[int, Result]]]) -> Iterator[Check]:
        """The same reminder at several items is one line."""
        for rule, found in minded.items():
            number, result = found[0]
            if len(found) == 1:
                yield self._said("mind", f"第 {number} 项：", number, result)
                continue
            text = f"第 {_numbers([n for n, _ in found])} 项：{rule_topics()[rule]}还不齐"
            url, link = self._mended(number, result)
            yield Check("mind", text, f"{_plain(result.remedy)}（{rule}）", url, link)

    def _said(self, state: str, where: str, number: int, result: Result) -> Check:
        url, link = self._mended(number, result)
        waive = self.sight.waive.get((result.rule, result.subject), "") if state == "stop" else ""
        text, todo = f"{where}{_plain(result.message)}", f"{_plain(result.remedy)}（{result.rule}）"
        return Check(state, text, todo, url, link, waive)

    # ---- where it is mended ----

    def _mended(self, number: int, result: Result) -> tuple[str, str]:
        if not number:
            name = HEAD_FIELDS.get(result.rule)
            return (self._field(name), "去改") if name else (f"{self.sight.base}#agenda-items", "看议程")
        line = self.agenda.items[number - 1]
        if result.rule in FIELDS:
            return self._of_line(number, FIELDS[result.rule]), "去改"
        if line.item is None:
            return self._of_line(number, "title"), "先保存议程"
        if result.rule in OF_TALKS:
            if not self.sight.talks:
                return "", ""
            return f"{reverse('governance:talks')}?{urlencode({'item': line.item})}", "登记沟通"
        return reverse("governance:preparation", args=[self.meeting.pk, line.item]), "会前准备"

    def _field(self, name: str) -> str:
        return f"{self.sight.base}#id_{name}"

    def _of_line(self, number: int, name: str) -> str:
        line: ItemInput = self.agenda.items[number - 1]
        if line.item in self.sight.hidden:
            return ""
        key = self.sight.keys[number - 1] if self.sight.keys is not None else number - 1
        return f"{self.sight.base}#id_item-{key}-{name}"


def stops(checks: Sequence[Check]) -> int:
    """How many of them stop the notice."""
    return sum(check.state == "stop" for check in checks)


def _stops(result: Result) -> bool:
    return result.blocks and result.rule in BEFORE_CALLING


def _minds(result: Result) -> bool:
    unmet = result.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT)
    return unmet and result.severity is not Severity.RECORD and not _stops(result)


def _numbers(numbers: Sequence[int]) -> str:
    return "、".join(map(str, numbers))


def _plain(words: str | None) -> str:
    return (words or "").rstrip("。")
