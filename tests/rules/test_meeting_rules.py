"""Rules of the meeting: each column of the contract's table, with its boundary cases."""

from typing import Any

import pytest

from tests.rules.builders import ABSENT, PARTY, PRINCIPAL, document, outcomes

NA, INS, PASS, FAIL = "not_applicable", "insufficient", "pass", "fail"
NOTE = "外出学习，委托主持"
DEPUTY, DEPUTY_SILENT = {"member": "dep", "delegation_note": NOTE}, {"member": "dep"}

# outcome, base, patch
TABLE: dict[str, list[tuple[str, str, dict[str, Any]]]] = {
    "R-C01": [
        (NA, PRINCIPAL, {}),
        (NA, PRINCIPAL, {"chair": None}),
        (INS, PARTY, {"chair": None}),
        (INS, PARTY, {"chair": ABSENT}),
        (INS, PARTY, {"chair": {}}),
        (INS, PARTY, {"chair": {"member": None, "delegation_note": NOTE}}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {"chair": {"member": "sec", "delegation_note": NOTE}}),
        (PASS, PARTY, {"chair": DEPUTY}),
        (
            PASS,
            PARTY,
            {"chair": {"member": "dep", "delegation_note": "\u200b"}},
        ),  # a zero-width space is no white space
        (PASS, PARTY, {"chair": {"member": "dep", "delegation_note": "\x1f"}}),  # nor is a control character
        (FAIL, PARTY, {"chair": DEPUTY_SILENT}),
        (FAIL, PARTY, {"chair": {"member": "dep", "delegation_note": None}}),
        (FAIL, PARTY, {"chair": {"member": "dep", "delegation_note": " \u3000\u2028\x85\t\n"}}),
    ],
    "R-C02": [
        (NA, PRINCIPAL, {}),
        (NA, PARTY, {}),
        (INS, PARTY, {"chair": None}),
        (PASS, PARTY, {"chair": DEPUTY}),
        (PASS, PARTY, {"chair": {"member": "c4", "delegation_note": NOTE}}),
        (FAIL, PARTY, {"chair": DEPUTY_SILENT}),
        (FAIL, PARTY, {"chair": {"member": "prin", "delegation_note": NOTE}, "members[1].posts": ["principal"]}),
        (FAIL, PARTY, {"chair": {"member": "c4", "delegation_note": NOTE}, "members[3].posts": None}),
        (FAIL, PARTY, {"chair": {"member": "c4"}, "members[3].posts": []}),
    ],
    "R-C03": [
        (NA, PARTY, {}),
        (INS, PRINCIPAL, {"chair": None}),
        (INS, PRINCIPAL, {"chair": {"delegation_note": NOTE}}),
        (PASS, PRINCIPAL, {}),
        (PASS, PRINCIPAL, {"chair": {"member": "v2", "delegation_note": NOTE}}),
        (FAIL, PRINCIPAL, {"chair": {"member": "v2", "delegation_note": " "}}),
        (FAIL, PRINCIPAL, {"chair": {"member": "a4", "delegation_note": NOTE}}),
        (FAIL, PRINCIPAL, {"chair": {"member": "sec", "delegation_note": NOTE}}),
    ],
    "R-C04": [
        (NA, PRINCIPAL, {}),
        (NA, PRINCIPAL, {"form": "circulation"}),
        (INS, PARTY, {"form": None}),
        (PASS, PARTY, {}),
        (FAIL, PARTY, {"form": "circulation"}),
        (FAIL, PARTY, {"form": "countersign"}),
        (FAIL, PARTY, {"form": "one_by_one"}),
    ],
    "R-Q01": [
        (NA, PRINCIPAL, {}),
        (INS, PARTY, {"attendance[6].status": None}),
        (INS, PARTY, {"attendance": None}),
        (INS, PARTY, {"members[7]": {"id": "c8"}}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {f"attendance[{n}].status": "leave" for n in (4, 5, 6)}),
        (FAIL, PARTY, {f"attendance[{n}].status": "absent" for n in (3, 4, 5, 6)}),
    ],
    "R-Q03": [
        (NA, PARTY, {}),
        (INS, PRINCIPAL, {"attendance[0].status": ABSENT}),
        (PASS, PRINCIPAL, {"attendance[0].status": "absent", "attendance[1].status": "leave"}),
        (FAIL, PRINCIPAL, {f"attendance[{n}].status": "leave" for n in (0, 1, 2)}),
    ],
    "R-A09": [
        (PASS, PARTY, {}),
        (PASS, PRINCIPAL, {"recorder": "somebody else"}),
        (PASS, PARTY, {"chair": None, "recorder": "sec"}),
        (PASS, PARTY, {"chair": {"member": None}, "recorder": "sec"}),
        (FAIL, PARTY, {"recorder": "sec"}),
        (FAIL, PARTY, {"recorder": None}),
        (FAIL, PARTY, {"recorder": None, "chair": None}),
        (FAIL, PRINCIPAL, {"recorder": ABSENT}),
        (FAIL, PRINCIPAL, {"recorder": " "}),
    ],
    "R-T04": [
        (INS, PARTY, {"materials_sent_on": None}),
        (PASS, PARTY, {}),
        (PASS, PRINCIPAL, {"materials_sent_on": "2026-09-08"}),
        (PASS, PARTY, {"materials_sent_on": "0001-01-01"}),
        (FAIL, PARTY, {"materials_sent_on": "2026-09-09"}),
        (FAIL, PARTY, {"materials_sent_on": "2026-09-10"}),
        (FAIL, PRINCIPAL, {"materials_sent_on": "9999-12-31"}),
        (PASS, PARTY, {"scheduled_at": "2026-09-09T16:00:00Z"}),  # midnight in Shanghai: already the 10th
        (FAIL, PARTY, {"scheduled_at": "2026-09-09T15:59:59Z"}),  # still the 9th
        (PASS, PARTY, {"materials_sent_on": "2024-02-28", "scheduled_at": "2024-03-01T08:00:00+08:00"}),
        (FAIL, PARTY, {"materials_sent_on": "2025-02-28", "scheduled_at": "2025-03-01T08:00:00+08:00"}),
    ],
    "R-T20": [
        (NA, PRINCIPAL, {}),
        (NA, PARTY, {"items": []}),
        (NA, PARTY, {"items": None}),
        (PASS, PARTY, {}),
        (PASS, PARTY, {"items[0].order": -7}),
        (FAIL, PARTY, {"items[1].order": 0}),
        (FAIL, PARTY, {"items[0].catalogue": None}),
        (FAIL, PARTY, {"items[0].catalogue": "P02"}),
    ],
    "R-M02": [
        (NA, PRINCIPAL, {}),
        (INS, PARTY, {"minutes": None}),
        (INS, PARTY, {"minutes": {}}),
        (INS, PARTY, {"minutes.signed_by": None}),
        (PASS, PARTY, {}),
        (FAIL, PARTY, {"minutes.signed_by": "prin"}),
        (FAIL, PARTY, {"minutes.signed_by": "dep", "chair": DEPUTY}),  # whoever stood in does not sign
    ],
    "R-M03": [
        (NA, PARTY, {}),
        (INS, PRINCIPAL, {"minutes": None}),
        (INS, PRINCIPAL, {"minutes": {"signed_on": "2026-09-14"}}),
        (PASS, PRINCIPAL, {}),
        (PASS, PRINCIPAL, {"chair": {"member": "a4", "delegation_note": NOTE}, "minutes.signed_by": "a4"}),
        (PASS, PRINCIPAL, {"chair": {"member": "v2", "delegation_note": NOTE}}),  # the principal may always sign
        (FAIL, PRINCIPAL, {"chair": {"member": "v2", "delegation_note": " "}, "minutes.signed_by": "v2"}),
        (FAIL, PRINCIPAL, {"chair": {"member": "v2", "delegation_note": NOTE}, "minutes.signed_by": "v3"}),
        (FAIL, PRINCIPAL, {"chair": None, "minutes.signed_by": "v2"}),
    ],
    "R-M04": [
        (INS, PARTY, {"minutes": None}),
        (INS, PARTY, {"minutes.signed_on": None}),
        (PASS, PARTY, {}),  # Thursday, signed on Tuesday: the third working day
        (FAIL, PARTY, {"minutes.signed_on": "2026-09-16"}),
        (PASS, PARTY, {"minutes.signed_on": "2026-09-12"}),  # a Saturday in between
        (PASS, PARTY, {"minutes.signed_on": "2026-09-10"}),
        (PASS, PRINCIPAL, {"minutes.signed_on": "2020-01-01"}),  # before the meeting
        (PASS, PARTY, {"scheduled_at": "2025-01-24T14:00:00+08:00", "minutes.signed_on": "2025-02-05"}),
        (FAIL, PARTY, {"scheduled_at": "2025-01-24T14:00:00+08:00", "minutes.signed_on": "2025-02-06"}),
        (PASS, PARTY, {"scheduled_at": "2024-02-02T14:00:00+08:00", "minutes.signed_on": "2024-02-06"}),
        (FAIL, PARTY, {"scheduled_at": "2024-02-02T14:00:00+08:00", "minutes.signed_on": "2024-02-07"}),
        (PASS, PARTY, {"scheduled_at": "2026-12-28T14:00:00+08:00", "minutes.signed_on": "2026-12-31"}),
        (INS, PARTY, {"scheduled_at": "2026-12-29T14:00:00+08:00", "minutes.signed_on": "2026-12-30"}),
        (INS, PARTY, {"scheduled_at": "2023-12-29T14:00:00+08:00", "minutes.signed_on": "2023-12-29"}),
        (PASS, PARTY, {"scheduled_at": "2023-12-31T14:00:00+08:00", "minutes.signed_on": "2024-01-04"}),
        (INS, PARTY, {"scheduled_at": "2031-05-05T14:00:00+08:00"}),
        (INS, PARTY, {"scheduled_at": "9999-12-31T14:00:00+08:00"}),
    ],
}
ROWS = [(rule, number, *row) for rule, rows in TABLE.items() for number, row in enumerate(rows)]


@pytest.mark.parametrize(("rule", "number", "outcome", "base", "patch"), ROWS, ids=lambda value: str(value)[:24])
def test_the_meeting_is_judged_as_the_table_says(
    rule: str, number: int, outcome: str, base: str, patch: dict[str, Any]
) -> None:
    assert outcomes(document(base, patch))[rule, "meeting"] == outcome


@pytest.mark.parametrize("body", ["party", "principal"])
def test_without_members_the_attendance_is_open(body: str) -> None:
    found = outcomes({"body": body, "scheduled_at": "2026-09-10T14:00:00+08:00"})
    assert found["R-Q01" if body == "party" else "R-Q03", "meeting"] == INS


def test_one_person_in_both_posts_chairs_and_signs_either_meeting() -> None:
    both = {"members[0].posts": ["secretary", "principal"], "members[1].posts": []}
    assert outcomes(document(PARTY, both))["R-M02", "meeting"] == PASS
    swapped = {"members[0].posts": ["principal", "secretary"], "members[4].posts": []}
    found = outcomes(document(PRINCIPAL, swapped))
    assert (found["R-C03", "meeting"], found["R-M03", "meeting"]) == (PASS, PASS)
