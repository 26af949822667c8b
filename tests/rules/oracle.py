"""The contract's table a second time: plain functions over the JSON document, written apart from the engine, row by row.

It shares no code with `governance/rules` and reads catalogue and days off from the files itself, so that a slip on either side shows.
"""

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

NA, INS, PASS, FAIL = "not_applicable", "insufficient", "pass", "fail"
BLANKS = {
    chr(c)
    for c in (*range(9, 14), 32, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)
}
FORMAL = ("approved", "approved_in_principle")


def ok(condition: bool) -> str:
    return PASS if condition else FAIL


def filled(text: str | None) -> bool:
    return any(ch not in BLANKS for ch in text or "")


class World:
    """A document with the contract's words as methods."""

    def __init__(self, doc: dict[str, Any], catalogue: dict[str, Any], workdays: dict[str, Any]) -> None:
        self.doc = doc
        self.matters = {matter["code"]: matter for matter in catalogue["matters"]}
        self.years = workdays["years"]
        self.party = doc["body"] == "party"
        self.day = datetime.fromisoformat(doc["scheduled_at"]).astimezone(ZoneInfo("Asia/Shanghai")).date()
        self.members = {row["id"]: row.get("posts") or [] for row in doc.get("members") or []}
        self.status = {row["member"]: row.get("status") for row in doc.get("attendance") or []}
        self.due = len(self.members)
        self.open = self.due == 0 or any(not self.status.get(member) for member in self.members)
        self.here = {member for member in self.members if self.status.get(member) == "present"}
        chair = doc.get("chair") or {}
        self.chair = chair.get("member")
        self.note = filled(chair.get("delegation_note"))
        self.mode = (doc.get("school") or {}).get("leadership_mode")

    def holds(self, who: str | None, *posts: str) -> bool:
        return who is not None and any(post in self.members[who] for post in posts)

    def holder(self, post: str) -> str | None:
        return next((who for who, posts in self.members.items() if post in posts), None)

    def half(self, x: int) -> bool:
        return Fraction(x, self.due) >= Fraction(1, 2)

    def in_time(self, day: str | None) -> str:
        return INS if day is None else ok((self.day - date.fromisoformat(day)).days >= 2)

    def works(self, day: date) -> bool:
        year = self.years[day.year]
        if day in year["makeup_days"]:
            return True
        return day.isoweekday() <= 5 and not any(off["from"] <= day <= off["to"] for off in year["days_off"])


class Item:
    """An item of a document with the contract's words as methods."""

    def __init__(self, world: World, item: dict[str, Any]) -> None:
        self.world, self.item = world, item
        self.left, self.recused = item.get("left") or [], item.get("recused") or []
        self.conflicts, self.opinions = item.get("conflicts") or [], item.get("absent_opinions") or []
        self.here = world.here - set(self.left) - set(self.recused)
        self.stances = item.get("stances") or []
        self.matter = world.matters.get(item.get("catalogue"))
        self.code = item.get("catalogue")
        self.important = bool(self.matter and self.matter["important"])
        self.fed_by = self.matter["fed_by"] if self.matter else []
        self.outcome, self.method, self.votes = item.get("outcome"), item.get("method"), item.get("counted_votes")
        self.secret = self.method == "secret_ballot"
        self.adopted = self.outcome in FORMAL
        self.decided = self.adopted or self.outcome == "rejected"
        self.put_off = self.outcome in ("deferred", "withdrawn")
        self.steps = [
            s for s in item.get("steps") or [] if s.get("done_on") and date.fromisoformat(s["done_on"]) <= world.day
        ]
        self.talks = [s for s in self.steps if s["stage"] == "secretary_principal_talk"]

    def said(self, who: str) -> list[dict[str, Any]]:
        return [stance for stance in self.stances if stance["member"] == who]

    def tally(self, kind: str) -> int:
        return len({s["member"] for s in self.stances if s["stance"] == kind and s["member"] in self.here})

    def last(self, who: str) -> bool:
        mine = min(stance["seq"] for stance in self.said(who))
        return not [stance for stance in self.stances if stance["member"] != who and stance["seq"] >= mine]

    def step(self, *stages: str) -> bool:
        return any(step["stage"] in stages for step in self.steps)


def meeting_outcomes(w: World) -> dict[str, str]:
    chair, first = w.chair, min(w.doc.get("items") or [], key=lambda item: item["order"], default=None)
    minutes = w.doc.get("minutes") or {}
    signer, recorder = minutes.get("signed_by"), w.doc.get("recorder")
    enough = INS if w.open else ok(w.half(len(w.here)))
    found = {
        "R-C01": NA if not w.party else INS if chair is None else ok(w.holds(chair, "secretary") or w.note),
        "R-C02": NA
        if not w.party or w.holds(chair, "secretary")
        else INS
        if chair is None
        else ok(w.note and w.holds(chair, "deputy_secretary", "committee_member")),
        "R-C03": NA
        if w.party
        else INS
        if chair is None
        else ok(w.holds(chair, "principal") or (w.holds(chair, "vice_principal") and w.note)),
        "R-C04": NA if not w.party else INS if w.doc.get("form") is None else ok(w.doc["form"] == "meeting"),
        "R-Q01": enough if w.party else NA,
        "R-Q03": NA if w.party else enough,
        "R-A09": ok(filled(recorder) and recorder != chair),
        "R-T04": w.in_time(w.doc.get("materials_sent_on")),
        "R-T20": NA if not w.party or first is None else ok(first.get("catalogue") == "P01"),
        "R-M02": NA if not w.party else INS if signer is None else ok(w.holds(signer, "secretary")),
        "R-M03": NA
        if w.party
        else INS
        if signer is None
        else ok(w.holds(signer, "principal") or (signer == chair and w.note)),
        "R-M04": minutes_in_time(w, minutes.get("signed_on")),
    }
    return found


def minutes_in_time(w: World, signed_on: str | None) -> str:
    if signed_on is None:
        return INS
    day, left = w.day, 3
    while left:
        day += timedelta(days=1)
        if day.year not in w.years:
            return INS
        left -= w.works(day)
    return ok(date.fromisoformat(signed_on) <= day)


def item_outcomes(i: Item) -> dict[str, str]:
    return {**who_and_how_many(i), **tabling(i), **beforehand(i), **voting(i)}


def who_and_how_many(i: Item) -> dict[str, str]:
    w, here = i.world, len(i.here)
    counted = [i.tally(kind) for kind in ("agree", "disagree", "abstain")]
    announced = [i.votes[kind] for kind in ("agree", "disagree", "abstain")] if i.votes and not i.secret else counted
    return {
        "R-Q02": NA
        if not w.party or i.put_off
        else INS
        if i.matter is None or w.open
        else ok(i.matter["attendance"]["level"] != "two_thirds" or Fraction(here, w.due) >= Fraction(2, 3)),
        "R-Q05": NA if i.put_off else INS if w.open else ok(w.half(here)),
        "R-A02": NA if not w.party else ok(all(stance["member"] in w.members for stance in i.stances)),
        "R-A06": NA
        if not w.party or not i.opinions
        else ok(not any(i.said(who) for who in i.opinions) and announced == counted),
    }


def tabling(i: Item) -> dict[str, str]:
    w, by = i.world, i.item.get("confirmed_by")
    urgent, materials = i.item.get("urgent") or False, i.item.get("materials")
    return {
        "R-T03": NA if urgent else w.in_time(i.item.get("proposed_on")),
        "R-T01": NA if not w.party else INS if by is None else ok(w.holds(by, "secretary")),
        "R-T02": NA if w.party else INS if by is None else ok(w.holds(by, "principal")),
        "R-T05": ok(i.code is not None),
        "R-T06": NA
        if w.party or i.matter is None or i.matter["nature"] != "deliberate"
        else INS
        if i.outcome is None
        else ok(i.outcome in ("proposed_to_party", "deferred", "withdrawn")),
        "R-T07": NA if not w.party or i.matter is None else ok(str(i.code).startswith("P")),
        "R-T13": ok(bool(i.item.get("urgent_consent")) and filled(i.item.get("urgent_reason")) and not i.important)
        if urgent
        else NA,
        "R-T14": NA if not i.important else INS if materials is None else ok(materials >= 1),
    }


def beforehand(i: Item) -> dict[str, str]:
    w = i.world
    latest = None
    for talk in i.talks:
        if latest is None or talk["done_on"] >= latest["done_on"]:
            latest = talk
    return {
        "R-T08": NA if not w.party or not i.fed_by else ok(i.step("principal_meeting")),
        "R-T09": NA
        if not w.party or w.mode == "combined" or i.matter is None or not (i.important or i.fed_by)
        else INS
        if w.mode is None
        else ok(any(talk.get("result") in ("agreed", "mostly_agreed") for talk in i.talks)),
        "R-T10": NA
        if w.mode == "combined" or latest is None
        else INS
        if w.mode is None
        else ok(latest.get("result") != "disagreed" or i.put_off),
        "R-T12": ok(i.step("cadre_consultation")) if w.party and i.code in ("P16", "P17") else NA,
        "R-T16": ok(i.step("staff_congress")) if i.code in ("P11", "P12", "P20") else NA,
        "R-T17": ok(i.step("academic_committee")) if i.code == "P19" else NA,
        "R-T18": ok(i.step("parents_committee", "meal_committee")) if i.code in ("P24", "A09") else NA,
    }


def voting(i: Item) -> dict[str, str]:
    w = i.world
    secretary, principal = w.holder("secretary") or "", w.holder("principal") or ""  # nobody is called ""
    agree = i.votes["agree"] if i.secret and i.votes else i.tally("agree")
    others = set(w.members) - i.here
    tasks = i.item.get("tasks") or []
    return {
        "R-V02": NA
        if not w.party or i.secret or not i.decided or secretary not in i.here
        else INS
        if not i.said(secretary)
        else ok(i.last(secretary) and all(i.said(who) for who in i.here)),
        "R-V03": NA
        if w.party or principal not in i.here or not i.stances
        else INS
        if not i.said(principal)
        else ok(i.last(principal)),
        "R-V04": NA
        if i.secret or not i.decided
        else INS
        if w.open
        else ok(all(len(i.said(who)) == 1 for who in i.here) and not any(i.said(who) for who in others)),
        "R-V06": NA
        if not w.party or not i.decided
        else INS
        if (i.secret and not i.votes) or (not i.secret and not i.stances)
        else ok(i.adopted == (agree > Fraction(w.due, 2))),
        "R-V10": NA
        if not w.party or i.code != "P16" or not i.decided
        else INS
        if i.method is None
        else ok(i.method in ("signed_ballot", "secret_ballot")),
        "R-V12": NA
        if not i.conflicts and not i.recused
        else ok(set(i.conflicts) <= set(i.recused) and not any(i.said(who) for who in i.recused)),
        "R-V13": INS if i.outcome is None else ok(not w.party or i.outcome != "proposed_to_party"),
        "R-E01": ok(bool(tasks) and all(complete(task) for task in tasks)) if i.adopted else NA,
    }


def complete(task: dict[str, Any]) -> bool:
    return task.get("due_on") is not None and all(filled(task.get(key)) for key in ("goal", "measures", "owner"))


def expected(doc: dict[str, Any], catalogue: dict[str, Any], workdays: dict[str, Any]) -> dict[tuple[str, str], str]:
    """(rule, subject) → outcome for the whole document."""
    world = World(doc, catalogue, workdays)
    found = {(rule, "meeting"): outcome for rule, outcome in meeting_outcomes(world).items()}
    for item in doc.get("items") or []:
        for rule, outcome in item_outcomes(Item(world, item)).items():
            found[rule, f"items/{item['id']}"] = outcome
    return found
