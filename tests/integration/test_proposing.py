"""What the record takes over from the agenda: proposed into blank fields, never over what was typed."""

from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from common.dates import local_day
from governance.models import AgendaItem, Meeting
from governance.proposing import Proposal, due_on, proposal_for
from governance.reference import reference_for
from governance.rules.load import delivered_reference
from governance.rules.workdays import is_working_day
from governance.selectors import for_record
from schools.permissions import Body
from tests import factories as make
from tests.integration.test_record_page import Fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


def proposed(cast: make.Cast, meeting: Meeting, **values: object) -> Proposal:
    AgendaItem.objects.filter(meeting=meeting).update(**values)
    meeting = for_record(Meeting.objects.all()).get(pk=meeting.pk)
    people = {person.pk for person in cast.people.values()}
    return proposal_for(meeting, meeting.items.all()[0], reference_for(meeting), people)


def test_an_item_to_be_decided_is_approved_with_a_task(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    found = proposed(
        cast, meeting, title="审议年度工作计划", summary="分三步实施。", presenter=cast.people["principal"]
    )
    assert (found.method, found.outcome, found.decision_text) == ("show_of_hands", "approved", "同意年度工作计划。")
    due = local_day(meeting.scheduled_at) + timedelta(days=30)
    assert found.task["goal"] == "落实年度工作计划"
    assert found.task["measures"] == "分三步实施。"
    assert found.task["responsible"] == str(cast.people["principal"].pk)
    assert date.fromisoformat(found.task["due_on"]) >= due


def test_the_proposer_answers_when_nobody_presents_and_outsiders_never(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    assert proposed(cast, meeting).task["responsible"] == str(cast.people["secretary"].pk)
    stranger = make.make_cast("FH002").people["principal"]
    assert proposed(cast, meeting, presenter=stranger, proposer=None).task["responsible"] == ""


def test_cadre_matters_are_proposed_for_a_ballot(cast: make.Cast) -> None:
    assert proposed(cast, make.make_held(cast, matters=("P16",))).method == "signed_ballot"


def test_what_the_principals_meeting_only_deliberates_goes_to_the_party_meeting(cast: make.Cast) -> None:
    meeting = make.make_held(cast, Body.PRINCIPAL, matters=("A01",))
    found = proposed(cast, meeting, title="研究经费方案")
    assert (found.outcome, found.decision_text, found.task) == (
        "proposed_to_party",
        "同意将经费方案报党组织会议研究决定。",
        {},
    )


def test_the_day_proposed_is_a_working_day() -> None:
    reference = delivered_reference()
    for day in (date(2026, 9, 1), date(2026, 9, 4), date(2026, 8, 31)):  # 30 days on: National Day and weekends
        assert is_working_day(due_on(day, reference), reference)
    assert due_on(date(2031, 1, 1), reference) == date(2031, 1, 31)


def test_the_button_fills_blank_fields_only(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    client = Client()
    client.force_login(cast.user("clerk"))
    url = reverse("governance:record", args=[meeting.pk])
    fields = Fields(client.get(url).content.decode()).values | {"i-1-method": "oral", "i-1-decision_text": "我写的"}
    after = Fields(client.post(url, fields | {"do": "propose-1"}).content.decode()).values
    assert (after["i-1-method"], after["i-1-decision_text"], after["i-1-outcome"]) == ("oral", "我写的", "approved")
    assert after["i-1-t-0-goal"] == "落实议题1"
    rejected = Fields(client.post(url, fields | {"i-1-outcome": "rejected", "do": "propose-1"}).content.decode()).values
    assert rejected["i-1-t-0-goal"] == ""
