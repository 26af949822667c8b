"""Continuous saving: what is typed is stored at once; two clerks at one record lose nothing."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.models import Event
from governance import services as governance
from governance.models import AgendaItem, ItemReader, Meeting
from governance.record import Record, record_of
from governance.selectors import for_record
from tests import factories as make
from tests.integration.test_record_page import Fields

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> make.Cast:
    return make.make_cast()


class Clerk:
    """A page of the record as its script keeps it: the fields, and what they were when last in step with the server."""

    def __init__(self, cast: make.Cast, role: str, meeting: Meeting) -> None:
        self.client, self.meeting = Client(), meeting
        self.client.force_login(cast.user(role))
        self.here = reverse("governance:record", args=[meeting.pk])
        self.fields = Fields(self.client.get(self.here).content.decode()).values
        self.base = dict(self.fields)
        self.held: dict[str, Any] = {}

    def set(self, values: dict[str, str]) -> "Clerk":
        self.fields |= values
        return self

    def everybody(self) -> "Clerk":
        return self.set({f"m-{n}-status": "present" for n in range(1, self.meeting.members.count() + 1)})

    def send(self) -> HttpResponse:
        before = {
            name: self.base.get(name, "")
            for name in {*self.fields, *self.base}
            if self.fields.get(name, "") != self.base.get(name, "")
        }
        data = self.fields | {"before": json.dumps(before), "held": json.dumps(self.held)}
        return self.client.post(f"{self.here}autosave/", data)  # type: ignore[return-value]

    def save(self) -> dict[str, Any]:
        answer = self.send()
        assert answer.status_code == 200, answer.content.decode()
        told: dict[str, Any] = json.loads(answer.content)
        self.fields["version"] = str(told["version"])
        self.base = dict(self.fields)
        if "stored" in told:
            self.base |= told["stored"]
            self.fields |= told["fields"]
            for item, rows in told["tasks"].items():
                for place, row in enumerate(rows):
                    self.fields |= {f"i-{item}-t-{place}-{name}": value for name, value in row.items()}
            for item, rows in told["rows"].items():
                for place, row in enumerate(rows):
                    self.base |= {f"i-{item}-t-{place}-{name}": value for name, value in row.items()}
        return told


def stored(meeting: Meeting) -> Record:
    return record_of(for_record(Meeting.objects.all()).get(pk=meeting.pk))


def test_what_was_typed_is_stored_and_the_answer_is_small(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    clerk = Clerk(cast, "clerk", meeting).set({"m-1-status": "present", "i-1-decision_text": "同意。"})
    told = clerk.save()
    meeting.refresh_from_db()
    assert told.keys() == {"version", "at"}
    assert told["version"] == meeting.version
    assert stored(meeting).items[0].decision_text == "同意。"
    assert Event.objects.filter(kind="governance.meeting.recorded").count() == 1


def test_fields_that_only_one_clerk_changed_go_through(cast: make.Cast) -> None:
    meeting = make.make_held(cast, matters=("P01", "P01"))
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-decision_text": "甲", "m-2-reason": "区里开会", "m-2-status": "leave"}).save()
    told = other.set({"i-2-decision_text": "乙", "m-3-status": "absent"}).save()
    record = stored(meeting)
    assert [item.decision_text for item in record.items] == ["甲", "乙"]
    assert [m.status for m in record.members] == ["", "leave", "absent", ""]
    assert told["clashes"] == []
    assert told["fields"]["i-1-decision_text"] == "甲"  # what the other page has to show now
    assert "i-2-decision_text" not in told["fields"]
    assert other.save().keys() == {"version", "at"}


def test_a_field_both_changed_stays_as_stored_until_one_is_chosen(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-decision_text": "甲的决议", "i-1-method": "oral"}).save()
    told = other.set({"i-1-decision_text": "乙的决议", "i-1-outcome": "deferred"}).save()
    [clash] = told["clashes"]
    assert (clash["label"], clash["theirs"], clash["yours"]) == ("第1项·决议", "甲的决议", "乙的决议")
    assert clash["fields"] == {"i-1-decision_text": "甲的决议"}
    item = stored(meeting).items[0]
    assert (item.decision_text, item.method, item.outcome) == ("甲的决议", "oral", "deferred")

    other.held = {clash["path"]: ""}
    other.set({"m-1-status": "present"}).save()  # while it waits, other fields are saved
    assert stored(meeting).items[0].decision_text == "甲的决议"
    assert stored(meeting).members[0].status == "present"

    other.held = {}  # 用我的
    other.save()
    assert stored(meeting).items[0].decision_text == "乙的决议"


def test_stances_of_two_clerks_are_counted_together(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    Clerk(cast, "clerk", meeting).everybody().save()
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-s-4-stance": "agree", "i-1-agree": "1", "i-1-disagree": "0", "i-1-abstain": "0"}).save()
    told = other.set({"i-1-s-3-stance": "abstain", "i-1-agree": "0", "i-1-disagree": "0", "i-1-abstain": "1"}).save()
    assert told["clashes"] == []
    item = stored(meeting).items[0]
    assert item.votes == (1, 0, 1)
    assert {s.person: s.stance for s in item.stances} == {
        cast.people["member"].pk: "agree",
        cast.people["deputy"].pk: "abstain",
    }


def test_the_same_stance_set_differently_is_a_clash_in_words(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    Clerk(cast, "clerk", meeting).everybody().save()
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-s-4-stance": "agree"}).save()
    told = other.set({"i-1-s-4-stance": "disagree"}).save()
    [clash] = told["clashes"]
    assert (clash["label"], clash["theirs"], clash["yours"]) == ("第1项·郑委员01的表态", "同意", "不同意")
    assert stored(meeting).items[0].stances[0].stance == "agree"


def test_the_order_of_speaking_follows_who_moved_it(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    before = [s.person for s in stored(meeting).items[0].stances]
    one.set({"i-1-s-2-seq": "2", "i-1-s-3-seq": "1"}).save()
    other.set({"i-1-s-4-opinion": "赞成这个方案"}).save()
    after = stored(meeting).items[0].stances
    assert [s.person for s in after] == [before[1], before[0], *before[2:]]
    assert after[2].opinion == "赞成这个方案"

    third, fourth = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    third.set({"i-1-s-3-seq": "3", "i-1-s-2-seq": "1", "i-1-s-4-seq": "2"}).save()
    told = fourth.set({"i-1-s-4-seq": "1", "i-1-s-3-seq": "2", "i-1-s-2-seq": "3"}).save()
    assert [clash["label"] for clash in told["clashes"]] == ["第1项·发言次序"]


def test_tasks_that_either_added_are_all_kept(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-t-0-goal": "甲的任务"}).save()
    told = other.set({"i-1-t-0-goal": "乙的任务"}).save()
    assert [task.goal for task in stored(meeting).items[0].tasks] == ["甲的任务", "乙的任务"]
    assert [row["goal"] for row in told["tasks"]["1"]] == ["甲的任务", "乙的任务"]


def test_fields_of_one_task_are_merged_and_a_removed_task_is_asked_about(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-t-0-units": "总务处"}).save()
    told = other.set({"i-1-t-0-measures": "先学再议"}).save()
    task = stored(meeting).items[0].tasks[0]
    assert (task.units, task.measures, told["clashes"]) == ("总务处", "先学再议", [])

    one, other = Clerk(cast, "clerk", meeting), Clerk(cast, "secretary", meeting)
    one.set({"i-1-t-0-goal": "改过的任务"}).save()
    told = other.set(dict.fromkeys((n for n in other.fields if n.startswith("i-1-t-0-")), "")).save()
    [clash] = told["clashes"]
    assert (clash["label"], clash["theirs"], clash["yours"]) == ("第1项·会后任务", "改过的任务", "–")
    assert stored(meeting).items[0].tasks[0].goal == "改过的任务"


def test_faults_are_named_at_their_place_and_nothing_is_stored(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    clerk = Clerk(cast, "clerk", meeting).everybody().set({"i-1-agree": "9", "i-1-decision_text": "同意。"})
    answer = clerk.send()
    assert answer.status_code == 422
    [fault] = json.loads(answer.content)["faults"]
    assert fault["url"] == "#i-1-votes"
    assert "多于在场 4 人" in fault["text"]
    absent = Clerk(cast, "clerk", meeting).set({"m-1-status": "absent", "i-1-s-1-stance": "agree"}).send()
    assert "不在场，不能有表态" in json.loads(absent.content)["faults"][0]["text"]
    assert stored(meeting).items[0].decision_text == ""


def test_a_record_sent_for_signature_meanwhile_is_not_changed(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast)
    clerk = Clerk(cast, "secretary", meeting)
    governance.minute_meeting(meeting=meeting, by=cast.user("clerk"), at=timezone.now())
    answer = clerk.set({"i-1-decision_text": "晚了"}).send()
    assert answer.status_code == 409
    assert "记录不能再改" in json.loads(answer.content)["text"]
    assert stored(meeting).items[0].decision_text == "会议同意。"


def test_who_may_only_read_is_refused_and_strangers_learn_nothing(cast: make.Cast) -> None:
    meeting = make.make_held(cast)
    clerk = Clerk(cast, "clerk", meeting).set({"i-1-decision_text": "x", "version": "0"})
    clerk.client.force_login(cast.user("deputy"))
    assert clerk.send().status_code == 409
    clerk.client.force_login(make.make_cast("FH002").user("clerk"))
    assert clerk.send().status_code == 404
    assert stored(meeting).items[0].decision_text == ""


def test_a_visit_after_signing_in_again_leads_to_the_record(cast: make.Cast) -> None:
    clerk = Clerk(cast, "clerk", make.make_held(cast))
    assert clerk.client.get(f"{clerk.here}autosave/")["Location"] == clerk.here
    clerk.client.logout()
    assert "/accounts/sign-in/" in clerk.send()["Location"]


@pytest.mark.parametrize(
    "extra", [{"before": "["}, {"before": "[1]"}, {"held": '"x"'}, {"before": '{"m-1": 3}'}, {"version": "x"}]
)
def test_no_post_makes_it_fail(cast: make.Cast, extra: dict[str, str]) -> None:
    clerk = Clerk(cast, "clerk", make.make_held(cast))
    for fields in (clerk.fields | {"version": "0"} | extra, extra):
        assert clerk.client.post(f"{clerk.here}autosave/", fields).status_code < 500


def test_restricted_items_are_withheld_and_kept_as_they_are(cast: make.Cast) -> None:
    meeting = make.make_recorded(cast, matters=("P01", "P01"))
    hidden = AgendaItem.objects.get(meeting=meeting, order=2)
    AgendaItem.objects.filter(pk=hidden.pk).update(secrecy="restricted", title="不能外传", decision_text="密议")
    ItemReader.objects.create(item=hidden, person=cast.people["secretary"])
    clerk = Clerk(cast, "clerk", meeting)
    page = clerk.client.get(clerk.here).content.decode()
    assert "限定人员议题，无权查看" in page
    for word in ("不能外传", "密议", "i-2-decision_text", "i-2-findings"):
        assert word not in page
    checked = clerk.client.post(f"{clerk.here}check/", clerk.fields).content.decode()
    assert "不能外传" not in checked
    clerk.set({"i-1-decision_text": "改过", "i-2-decision_text": "偷改", "i-2-outcome": "rejected"}).save()
    record = stored(meeting)
    assert [item.decision_text for item in record.items] == ["改过", "密议"]
    assert record.items[1].outcome == "approved"
    assert len(record.items[1].stances) == 4
    reader = Clerk(cast, "secretary", meeting)
    assert "不能外传" in reader.client.get(reader.here).content.decode()
    member = Client()
    member.force_login(cast.user("deputy"))
    assert "密议" not in member.get(clerk.here).content.decode()
