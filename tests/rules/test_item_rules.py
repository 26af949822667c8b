"""Rules of the items: each column of the contract's table, with its boundary cases. The patches are for the second item."""

from typing import Any

import pytest

from tests.rules.builders import ABSENT, PARTY, PRINCIPAL, document, outcomes

NA, INS, PASS, FAIL = "not_applicable", "insufficient", "pass", "fail"
ITEM = "items/i2"


def talk(day: str | None, result: str | None) -> dict[str, Any]:
    return {"stage": "secretary_principal_talk", "done_on": day, "result": result}


def done(stage: str, day: str | None = "2026-09-10") -> list[dict[str, Any]]:
    return [{"stage": stage, "done_on": day}]


def said(*people: str, start: int = 1) -> list[dict[str, Any]]:
    return [{"member": who, "stance": "agree", "seq": seq} for seq, who in enumerate(people, start)]


def leave(*places: int) -> dict[str, Any]:
    return {f"attendance[{place}].status": "leave" for place in places}


SIX = ("prin", "dep", "c4", "c5", "c6", "c7")
FIVE = ("v2", "v3", "a4", "sec", "prin")
TASK = {"goal": "g", "measures": "m", "owner": "o", "due_on": "2026-10-01"}
SECRET = {".method": "secret_ballot", ".stances": []}
OPINION = {**leave(5), ".absent_opinions": ["c6"], ".stances": said("prin", "dep", "c4", "c5", "c7", "sec")}


def votes(agree: int, disagree: int = 0, abstain: int = 0) -> dict[str, int]:
    return {"agree": agree, "disagree": disagree, "abstain": abstain}


# outcome, base, patch; a path that begins with a dot is one of the second item
TABLE: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "R-Q02": [
        (NA, PRINCIPAL, {}),
        (NA, PARTY, {".outcome": "deferred", ".catalogue": None}),
        (NA, PARTY, {".outcome": "withdrawn"}),
        (INS, PARTY, {".catalogue": None}),
        (INS, PARTY, {".catalogue": "P02", "attendance[0].status": None}),
        (PASS, PARTY, {".catalogue": "P02", **leave(0, 1, 2, 3, 4, 5, 6)}),
        (PASS, PARTY, {".outcome": None, **leave(5, 6)}),
        (PASS, PARTY, {**leave(6), ".left": ["c6"]}),
        (FAIL, PARTY, {**leave(5, 6), ".left": ["c5"]}),
        (FAIL, PARTY, {**leave(5, 6), ".recused": ["c5"]}),
        (PASS, PARTY, {**leave(5, 6), ".recused": ["c6"]}),  # who is on leave cannot leave again
    ],
    "R-Q05": [
        (NA, PARTY, {".outcome": "deferred"}),
        (NA, PRINCIPAL, {".outcome": "withdrawn", "attendance": None}),
        (INS, PARTY, {"attendance[3].status": None}),
        (PASS, PRINCIPAL, leave(0, 1)),
        (FAIL, PRINCIPAL, leave(0, 1, 2)),
        (PASS, PARTY, {".left": ["c4", "c5"], ".recused": ["c5", "c6"]}),
        (FAIL, PARTY, {".left": ["c4", "c5"], ".recused": ["c6", "c7"]}),
        (PASS, PARTY, {".catalogue": None}),
    ],
    "R-A02": [
        (NA, PRINCIPAL, {"observers": ["guest"], ".stances": said("guest")}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {".stances": []}),
        (PASS, PARTY, {**leave(1)}),  # a member on leave is no outsider
        (FAIL, PARTY, {".stances[7]": {"member": "guest", "stance": "abstain", "seq": 0}}),
    ],
    "R-A06": [
        (NA, PRINCIPAL, {".absent_opinions": ["v2"]}),
        (NA, PARTY, {".counted_votes": votes(1)}),
        (PASS, PARTY, {**OPINION, ".counted_votes": votes(6)}),
        (PASS, PARTY, {**OPINION, ".counted_votes": None}),
        (PASS, PARTY, {**OPINION, **SECRET, ".counted_votes": votes(7)}),
        (FAIL, PARTY, {**OPINION, ".counted_votes": votes(7)}),
        (FAIL, PARTY, {**OPINION, ".counted_votes": votes(6, 1)}),
        (FAIL, PARTY, {**OPINION, ".counted_votes": votes(6, 0, 1)}),
        (FAIL, PARTY, {".absent_opinions": ["c6"], ".counted_votes": None}),
        # A second agree of one member counts once; somebody who changed their mind counts under both.
        (
            PASS,
            PARTY,
            {
                **OPINION,
                ".stances": [
                    *said("prin", "prin", "dep", "c4", "c5", "c7", "sec"),
                    {"member": "c7", "stance": "abstain", "seq": 9},
                ],
                ".counted_votes": votes(6, 0, 1),
            },
        ),
        (PASS, PARTY, {**OPINION, ".left": ["c7"], ".counted_votes": votes(5)}),  # only present(i) is counted
    ],
    "R-T03": [
        (NA, PARTY, {".urgent": True, ".proposed_on": None}),
        (INS, PARTY, {".proposed_on": None}),
        (INS, PARTY, {".proposed_on": ABSENT, ".urgent": None}),
        (PASS, PARTY, {".proposed_on": "2026-09-08"}),
        (FAIL, PARTY, {".proposed_on": "2026-09-09"}),
        (FAIL, PRINCIPAL, {".proposed_on": "2026-09-11"}),
    ],
    "R-T01": [
        (NA, PRINCIPAL, {}),
        (INS, PARTY, {".confirmed_by": None}),
        (PASS, PARTY, {}),
        (FAIL, PARTY, {".confirmed_by": "dep"}),
    ],
    "R-T02": [
        (NA, PARTY, {}),
        (INS, PRINCIPAL, {".confirmed_by": ABSENT}),
        (PASS, PRINCIPAL, {}),
        (FAIL, PRINCIPAL, {".confirmed_by": "v2"}),
    ],
    "R-T05": [
        (PASS, PARTY, {}),
        (PASS, PRINCIPAL, {".catalogue": "P01"}),  # whose matter it is, is another rule
        (FAIL, PRINCIPAL, {".catalogue": None}),
    ],
    "R-T06": [
        (NA, PARTY, {".catalogue": "A01", ".outcome": "approved"}),
        (NA, PRINCIPAL, {".catalogue": None}),
        (NA, PRINCIPAL, {".catalogue": "A10", ".outcome": "approved"}),
        (NA, PRINCIPAL, {".catalogue": "P16", ".outcome": "approved"}),
        (INS, PRINCIPAL, {".outcome": None}),
        (PASS, PRINCIPAL, {}),
        (PASS, PRINCIPAL, {".outcome": "deferred"}),
        (PASS, PRINCIPAL, {".outcome": "withdrawn"}),
        (FAIL, PRINCIPAL, {".outcome": "approved_in_principle"}),
        (FAIL, PRINCIPAL, {".outcome": "rejected"}),
        (FAIL, PRINCIPAL, {".catalogue": "A09", ".outcome": "approved"}),
    ],
    "R-T07": [
        (NA, PRINCIPAL, {}),
        (NA, PARTY, {".catalogue": None}),
        (PASS, PARTY, {}),
        (FAIL, PARTY, {".catalogue": "A01"}),
        (FAIL, PARTY, {".catalogue": "A20"}),
    ],
    "R-T08": [
        (NA, PRINCIPAL, {".catalogue": "P12"}),
        (NA, PARTY, {".catalogue": None}),
        (NA, PARTY, {}),
        (NA, PARTY, {".catalogue": "A01"}),  # matters of the principal's meeting feed, they are not fed
        (PASS, PARTY, {".catalogue": "P08", ".steps": done("principal_meeting")}),
        (FAIL, PARTY, {".catalogue": "P08"}),
        (FAIL, PARTY, {".catalogue": "P12", ".steps": done("principal_meeting", "2026-09-11")}),
        (FAIL, PARTY, {".catalogue": "P12", ".steps": done("principal_meeting", None)}),
    ],
    "R-T09": [
        (NA, PRINCIPAL, {".catalogue": "P12"}),
        (NA, PARTY, {"school.leadership_mode": "combined"}),
        (NA, PARTY, {".catalogue": None, "school": None}),
        (NA, PARTY, {".catalogue": "P01", "school": None}),
        (INS, PARTY, {"school": {}}),
        (INS, PARTY, {"school.leadership_mode": None, ".catalogue": "P08"}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {".steps": [talk("2026-09-10", "mostly_agreed"), talk("2026-09-09", "disagreed")]}),
        (FAIL, PARTY, {".steps": [talk("2026-09-11", "agreed")]}),
        (FAIL, PARTY, {".steps": [talk(None, "agreed")]}),
        (FAIL, PARTY, {".steps": [talk("2026-09-07", None)]}),
        (FAIL, PARTY, {".steps": [*done("principal_meeting"), talk("2026-09-07", "disagreed")], ".catalogue": "P08"}),
        (FAIL, PARTY, {".steps": [{"stage": "cadre_consultation", "done_on": "2026-09-04", "result": "agreed"}]}),
    ],
    "R-T10": [
        (NA, PARTY, {"school.leadership_mode": "combined", ".steps": [talk("2026-09-07", "disagreed")]}),
        (NA, PARTY, {".steps": []}),
        (NA, PARTY, {"school": None, ".steps": [talk("2026-09-11", "disagreed")]}),
        (INS, PRINCIPAL, {"school": None, ".steps": [talk("2026-09-07", "agreed")]}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {".steps": [talk("2026-09-07", None)]}),
        (PASS, PARTY, {".steps": [talk("2026-09-07", "disagreed"), talk("2026-09-07", "mostly_agreed")]}),
        (FAIL, PARTY, {".steps": [talk("2026-09-07", "mostly_agreed"), talk("2026-09-07", "disagreed")]}),
        (FAIL, PARTY, {".steps": [talk("2026-09-08", "disagreed"), talk("2026-09-07", "agreed")]}),
        (PASS, PARTY, {".steps": [talk("2026-09-08", "disagreed"), talk("2026-09-09", None)]}),
        (PASS, PARTY, {".steps": [talk("2026-09-07", "disagreed")], ".outcome": "withdrawn"}),
        (FAIL, PRINCIPAL, {".steps": [talk("2026-09-07", "disagreed")]}),
        (FAIL, PARTY, {".steps": [talk("2026-09-07", "disagreed")], ".outcome": None}),
    ],
    "R-T12": [
        (NA, PRINCIPAL, {".catalogue": "P16"}),
        (NA, PARTY, {".catalogue": None}),
        (NA, PARTY, {".catalogue": "P18"}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {".catalogue": "P17"}),
        (FAIL, PARTY, {".steps": []}),
        (FAIL, PARTY, {".catalogue": "P17", ".steps[0].done_on": "2026-09-11"}),
    ],
    "R-T13": [
        (NA, PARTY, {".urgent": False, ".urgent_reason": "r"}),
        (NA, PRINCIPAL, {".urgent": None}),
        (PASS, PRINCIPAL, {".urgent": True, ".urgent_consent": True, ".urgent_reason": "r"}),
        (PASS, PARTY, {".urgent": True, ".urgent_consent": True, ".urgent_reason": "r", ".catalogue": None}),
        (FAIL, PRINCIPAL, {".urgent": True, ".urgent_consent": True, ".urgent_reason": "　"}),
        (FAIL, PRINCIPAL, {".urgent": True, ".urgent_consent": None, ".urgent_reason": "r"}),
        (FAIL, PARTY, {".urgent": True, ".urgent_consent": True, ".urgent_reason": "r"}),
    ],
    "R-T14": [
        (NA, PARTY, {".catalogue": None, ".materials": None}),
        (NA, PARTY, {".catalogue": "P02", ".materials": 0}),
        (INS, PARTY, {".materials": None}),
        (PASS, PARTY, {".materials": 1}),
        (PASS, PRINCIPAL, {".catalogue": "P16"}),
        (FAIL, PARTY, {".materials": 0}),
    ],
    "R-T16": [
        (NA, PARTY, {}),
        (NA, PARTY, {".catalogue": None, ".steps": done("staff_congress")}),
        *[(PASS, PARTY, {".catalogue": code, ".steps": done("staff_congress")}) for code in ("P11", "P12", "P20")],
        *[(FAIL, PARTY, {".catalogue": code}) for code in ("P11", "P12", "P20")],
        (FAIL, PRINCIPAL, {".catalogue": "P20"}),
    ],
    "R-T17": [
        (NA, PARTY, {}),
        (PASS, PRINCIPAL, {".catalogue": "P19", ".steps": done("academic_committee")}),
        (FAIL, PARTY, {".catalogue": "P19", ".steps": done("academic_committee", None)}),
    ],
    "R-T18": [
        (NA, PARTY, {}),
        (PASS, PARTY, {".catalogue": "P24", ".steps": done("parents_committee")}),
        (PASS, PRINCIPAL, {".catalogue": "A09", ".steps": done("meal_committee")}),
        (FAIL, PARTY, {".catalogue": "P24", ".steps": done("student_congress")}),
        (FAIL, PARTY, {".catalogue": "A09"}),
    ],
    "R-V02": [
        (NA, PRINCIPAL, {".outcome": "approved"}),
        (NA, PARTY, SECRET),
        (NA, PARTY, {".outcome": "deferred"}),
        (NA, PARTY, leave(0)),
        (NA, PARTY, {".recused": ["sec"]}),
        (NA, PARTY, {"members[0].posts": []}),
        (INS, PARTY, {".stances": said(*SIX)}),
        (INS, PARTY, {".stances": []}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {".outcome": "rejected", ".method": None}),
        (PASS, PARTY, {**leave(1, 2, 3, 4, 5, 6), ".stances": said("sec")}),
        (FAIL, PARTY, {".stances": said(*SIX[1:], "sec")}),  # one has not spoken
        (FAIL, PARTY, {".stances[6].seq": 6}),  # an equal number is not last
        (FAIL, PARTY, {".stances[7]": {"member": "guest", "stance": "agree", "seq": 8}}),
        (FAIL, PARTY, {".left": ["c7"], ".stances[5].seq": 8}),  # somebody outside the room counts too
        (FAIL, PARTY, {".stances[7]": {"member": "sec", "stance": "agree", "seq": 0}}),  # the first stance decides
        (PASS, PARTY, {".stances[7]": {"member": "sec", "stance": "agree", "seq": 8}}),
    ],
    "R-V03": [
        (NA, PARTY, {}),
        (NA, PRINCIPAL, leave(0)),
        (NA, PRINCIPAL, {".left": ["prin"]}),
        (NA, PRINCIPAL, {".stances": []}),
        (INS, PRINCIPAL, {".stances": said("v2", "v3")}),
        (PASS, PRINCIPAL, {}),
        (PASS, PRINCIPAL, {".stances": said("prin"), ".outcome": None}),
        (PASS, PRINCIPAL, {".stances": said("v2", "prin")}),  # who is silent is no matter here
        (FAIL, PRINCIPAL, {".stances[0].seq": 5}),
        (FAIL, PRINCIPAL, {".outcome": "deferred", ".stances[4].seq": 1}),
    ],
    "R-V04": [
        (NA, PARTY, SECRET),
        (NA, PARTY, {".outcome": None}),
        (NA, PRINCIPAL, {}),
        (INS, PARTY, {"attendance[6].status": None}),
        (PASS, PARTY, {}),
        (PASS, PRINCIPAL, {".outcome": "approved_in_principle"}),
        (PASS, PARTY, {".stances[7]": {"member": "guest", "stance": "agree", "seq": 0}}),  # observers are R-A02's
        (PASS, PARTY, {**leave(0, 1, 2, 3, 4, 5, 6), ".stances": []}),
        (FAIL, PARTY, {".stances": said(*SIX)}),
        (FAIL, PARTY, {".stances": []}),
        (FAIL, PARTY, {".stances[7]": {"member": "dep", "stance": "agree", "seq": 9}}),
        (FAIL, PARTY, leave(1)),
        (FAIL, PARTY, {".left": ["c4"]}),
        (FAIL, PARTY, {".recused": ["c4"]}),
    ],
    "R-V06": [
        (NA, PRINCIPAL, {".outcome": "approved"}),
        (NA, PARTY, {".outcome": "withdrawn"}),
        (NA, PARTY, {".outcome": None}),
        (INS, PARTY, {**SECRET, ".counted_votes": None}),
        (INS, PARTY, {".stances": []}),
        (INS, PARTY, {".stances": [], ".method": None}),
        (PASS, PARTY, {".counted_votes": votes(0, 7)}),  # with an open vote the stances are counted
        (PASS, PARTY, {**SECRET, ".counted_votes": votes(4, 3)}),
        (FAIL, PARTY, {**SECRET, ".counted_votes": votes(3, 0, 4)}),
        (PASS, PARTY, {".stances": said(*SIX[:3], "sec")}),
        (FAIL, PARTY, {".stances": said(*SIX[:2], "sec")}),
        (FAIL, PARTY, {".stances": said("prin", "prin", "dep", "sec")}),  # nobody counts twice
        (FAIL, PARTY, {".stances": said(*SIX[:3], "guest")}),
        (FAIL, PARTY, {".stances": said(*SIX[:3], "sec"), ".left": ["c4"]}),
        (PASS, PARTY, {".stances": said(*SIX[:2], "sec"), ".outcome": "rejected"}),
        (FAIL, PARTY, {".outcome": "rejected"}),
        (FAIL, PARTY, {**SECRET, ".counted_votes": votes(0), ".outcome": "approved_in_principle"}),
    ],
    "R-V10": [
        (NA, PRINCIPAL, {".catalogue": "P16", ".outcome": "approved"}),
        (NA, PARTY, {".catalogue": None}),
        (NA, PARTY, {".catalogue": "P17"}),
        (NA, PARTY, {".outcome": "deferred"}),
        (INS, PARTY, {".method": None}),
        (PASS, PARTY, {}),
        (PASS, PARTY, SECRET),
        (FAIL, PARTY, {".method": "oral"}),
        (FAIL, PARTY, {".method": "show_of_hands", ".outcome": "rejected"}),
    ],
    "R-V12": [
        (NA, PARTY, {}),
        (NA, PRINCIPAL, {".conflicts": None, ".recused": None}),
        (PASS, PARTY, {".conflicts": ["c4"], ".recused": ["c4"], ".stances": said("prin", "sec")}),
        (PASS, PRINCIPAL, {".recused": ["v2"], ".stances": said("v3", "prin")}),
        (FAIL, PARTY, {".conflicts": ["c4"], ".left": ["c4"], ".stances": []}),
        (FAIL, PARTY, {".conflicts": ["c4", "c5"], ".recused": ["c4"], ".stances": []}),
        (FAIL, PRINCIPAL, {".recused": ["v2"]}),
    ],
    "R-V13": [
        (INS, PARTY, {".outcome": None}),
        (PASS, PARTY, {".outcome": "deferred"}),
        (PASS, PRINCIPAL, {}),
        (FAIL, PARTY, {".outcome": "proposed_to_party"}),
    ],
    "R-E01": [
        (NA, PARTY, {".outcome": None}),
        (NA, PARTY, {".outcome": "rejected", ".tasks": []}),
        (NA, PRINCIPAL, {}),
        (PASS, PARTY, {}),
        (PASS, PRINCIPAL, {".outcome": "approved_in_principle", ".tasks": [TASK, TASK]}),
        (FAIL, PARTY, {".tasks": None}),
        (FAIL, PARTY, {".tasks": [TASK, {}]}),
        *[(FAIL, PARTY, {".tasks": [{**TASK, key: " \u2029"}]}) for key in ("goal", "measures", "owner")],
        *[(FAIL, PARTY, {".tasks": [{**TASK, key: None}]}) for key in TASK],
    ],
}
ROWS = [(rule, number, *row) for rule, rows in TABLE.items() for number, row in enumerate(rows)]


def for_second_item(patch: dict[str, Any]) -> dict[str, Any]:
    return {f"items[1]{path}" if path.startswith(".") else path: value for path, value in patch.items()}


@pytest.mark.parametrize(("rule", "number", "outcome", "base", "patch"), ROWS, ids=lambda value: str(value)[:24])
def test_the_item_is_judged_as_the_table_says(
    rule: str, number: int, outcome: str, base: str, patch: dict[str, Any]
) -> None:
    assert outcomes(document(base, for_second_item(patch)))[rule, ITEM] == outcome


def test_a_meeting_without_items_has_no_results_of_item_rules() -> None:
    assert {subject for _, subject in outcomes(document(PARTY, {"items": []}))} == {"meeting"}
