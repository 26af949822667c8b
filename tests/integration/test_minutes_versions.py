"""Versions of the minutes: sealed with the signature, corrected in words only, side by side, and checked again (R-M05)."""

import re
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import services
from governance.correcting import SectionText, changes, locked_of
from governance.documents.reading import for_minutes
from governance.keeping import matches, sealed_version
from governance.minutes_text import Minutes, from_document
from governance.models import AgendaItem, ItemReader, Meeting, MinutesVersion, RuleResult, Secrecy, Stance
from notifications.models import Message
from notifications.services import dispatch_batch
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db
REASON = "会议地点写错，应为三楼会议室"


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def signed(cast: Cast) -> Meeting:
    return factories.make_signed(cast)


def text_of(meeting: Meeting) -> Minutes:
    """The words that stand."""
    version = sealed_version(Meeting.objects.get(pk=meeting.pk))
    assert version is not None
    return from_document(version.text)


def other_place(meeting: Meeting) -> str:
    return text_of(meeting).opening.replace("会议室", "三楼会议室")


def ask(cast: Cast, meeting: Meeting, role: str = "clerk", **values: Any) -> Meeting:
    given = {"reason": REASON, "new": services.Correction(other_place(meeting))} | values
    return services.ask_correction(meeting=meeting, by=cast.user(role), at=timezone.now(), **given)


def agree(cast: Cast, meeting: Meeting, role: str = "secretary", **values: Any) -> Meeting:
    return services.agree_correction(meeting=meeting, by=cast.user(role), at=timezone.now(), **values)


def refuse(cast: Cast, meeting: Meeting, role: str = "secretary", reason: str = "地点没有写错") -> Meeting:
    return services.refuse_correction(meeting=meeting, reason=reason, by=cast.user(role), at=timezone.now())


def words(response: HttpResponse) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def see(user: User, name: str, *args: Any) -> HttpResponse:
    client = Client()
    client.force_login(user)
    return client.get(reverse(f"governance:{name}", args=args))  # type: ignore[return-value]


def send(user: User, name: str, meeting: Meeting, **data: Any) -> HttpResponse:
    client = Client()
    client.force_login(user)
    return client.post(reverse(f"governance:{name}", args=[meeting.pk]), data)  # type: ignore[return-value]


# ---- sealed with the signature ----


def test_the_signature_seals_the_first_version_of_the_words(cast: Cast, signed: Meeting) -> None:
    version = MinutesVersion.objects.get()
    assert (version.number, version.state, version.asked_by, version.settled_by) == (
        1,
        "sealed",
        cast.user("clerk"),
        cast.user("secretary"),
    )
    assert matches(version)
    full = for_minutes(Meeting.objects.all()).get(pk=signed.pk)
    text = from_document(version.text)
    assert text.signed and "主持召开" in text.opening and len(text.sections) == 1
    assert text.sections[0].item == str(full.items.all()[0].pk)
    assert ("签发", "沈书记01") in {(label, names[0]) for label, names in text.lines}


def test_a_sealed_version_cannot_be_changed_by_sql(signed: Meeting) -> None:
    rows = MinutesVersion.objects.filter(meeting=signed)
    for change in (
        lambda: rows.update(seal="0" * 64),
        lambda: rows.update(text={}),
        lambda: rows.update(state="asked"),
        lambda: rows._raw_delete(rows.db),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert matches(rows.get())


def test_a_signed_meeting_cannot_be_changed_by_sql(cast: Cast, signed: Meeting) -> None:
    for change in (
        lambda: Meeting.objects.filter(pk=signed.pk).update(seal="0" * 64),
        lambda: Meeting.objects.filter(pk=signed.pk).update(status="held"),
        lambda: AgendaItem.objects.filter(meeting=signed).update(decision_text="改口"),
        lambda: Stance.objects.filter(item__meeting=signed).update(stance="disagree"),
        lambda: RuleResult.objects.filter(meeting=signed).update(outcome="pass"),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def _changed(signed: Meeting, table: str, trigger: str, statement: str, *values: Any) -> None:
    """As somebody could who first removes the trigger."""
    on = f" ON {table}" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {trigger}{on}")
        cursor.execute(statement, [*values])


def verified(*args: str) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("verify_minutes", *args, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def test_the_command_finds_every_seal_right(cast: Cast, signed: Meeting) -> None:
    factories.make_signed(factories.make_cast("FH002"))
    assert "核对 2 次会议、2 个纪要版本：校验码全部相符" in verified()[0]
    assert "核对 1 次会议、1 个纪要版本" in verified("--school", "FH002")[0]
    with pytest.raises(CommandError, match="没有代码是 FH999 的学校"):
        verified("--school", "FH999")


def test_the_command_and_the_page_find_a_text_that_was_changed_behind_the_portal(cast: Cast, signed: Meeting) -> None:
    assert "校验码相符" in words(see(cast.user("deputy"), "meeting", signed.pk))
    _changed(
        signed, "governance_minutesversion", "version_sealed_no_update",
        "UPDATE governance_minutesversion SET reason = 'x'",
    )  # fmt: skip
    err = StringIO()
    with pytest.raises(CommandError, match="1 处校验码不符"):
        call_command("verify_minutes", stdout=StringIO(), stderr=err)
    assert "纪要第 1 版的校验码不符" in err.getvalue()
    assert "校验码不符" in words(see(cast.user("deputy"), "meeting", signed.pk))


def test_the_command_finds_a_stance_that_was_changed_behind_the_portal(signed: Meeting) -> None:
    _changed(signed, "governance_stance", "stance_closed_no_update", "UPDATE governance_stance SET stance = 'abstain'")
    err = StringIO()
    with pytest.raises(CommandError, match="1 处校验码不符"):
        call_command("verify_minutes", stdout=StringIO(), stderr=err)
    assert "会议记录的校验码不符" in err.getvalue()


# ---- a correction ----


def test_a_correction_becomes_the_next_version_and_both_stay_readable(cast: Cast, signed: Meeting) -> None:
    first = text_of(signed)
    meeting = ask(cast, signed)
    assert text_of(meeting) == first, "nothing stands before it is agreed to"
    meeting = agree(cast, meeting)
    assert meeting.status == "signed"
    second = sealed_version(Meeting.objects.get(pk=meeting.pk))
    assert second is not None and (second.number, second.reason) == (2, REASON) and matches(second)
    assert "三楼会议室" in text_of(meeting).opening and text_of(meeting).sections == first.sections
    assert from_document(MinutesVersion.objects.get(number=1).text) == first
    assert "三楼会议室" in words(see(cast.user("deputy"), "minutes", meeting.pk)), "the latest is what prints"
    listed = see(cast.user("deputy"), "minutes-versions", meeting.pk)
    assert "第 2 版" in words(listed) and "第 1 版" in words(listed) and REASON in words(listed)
    assert '<ins class="fh-ins">三楼</ins>' in listed.content.decode()
    old = words(see(cast.user("deputy"), "minutes-version", meeting.pk, 1))
    assert "这不是现行版本" in old and "三楼" not in old
    assert see(cast.user("deputy"), "minutes-version", meeting.pk, 3).status_code == 404


def test_the_recorder_or_the_clerk_asks_and_another_one_who_signs_answers(cast: Cast, signed: Meeting) -> None:
    for role in ("secretary", "principal", "deputy"):
        with pytest.raises(NotAllowed, match="由记录人周干事01或党政办提出"):
            ask(cast, signed, role)
    with pytest.raises(WrongState, match="没有等你答复的更正"):
        agree(cast, signed)
    meeting = ask(cast, signed)
    for role in ("clerk", "principal", "deputy"):
        for answer in (agree, refuse):
            with pytest.raises(NotAllowed):
                answer(cast, meeting, role)
    agree(cast, meeting)


def test_who_asked_does_not_agree(cast: Cast, signed: Meeting) -> None:
    meeting = ask(cast, signed)
    MinutesVersion.objects.filter(state="asked").update(asked_by=cast.user("secretary"))
    with pytest.raises(NotAllowed, match="更正是你提出的"):
        agree(cast, meeting)


def test_one_correction_waits_at_a_time_and_a_refused_one_stays_readable(cast: Cast, signed: Meeting) -> None:
    meeting = ask(cast, signed)
    with pytest.raises(WrongState, match="已经有一份更正在等"):
        ask(cast, meeting)
    with pytest.raises(InvalidInput):
        refuse(cast, meeting, reason="不")
    meeting = refuse(cast, meeting)
    assert "三楼" not in text_of(meeting).opening
    listed = words(see(cast.user("clerk"), "minutes-versions", meeting.pk))
    assert "未同意" in listed and "地点没有写错" in listed
    meeting = agree(cast, ask(cast, meeting))
    assert [v.number for v in MinutesVersion.objects.filter(state="sealed").order_by("number")] == [1, 3]


def test_the_answer_to_an_older_state_is_refused(cast: Cast, signed: Meeting) -> None:
    meeting = ask(cast, signed)
    with pytest.raises(Stale):
        agree(cast, meeting, version=signed.version)
    agree(cast, meeting, version=meeting.version)
    with pytest.raises(WrongState):
        agree(cast, meeting)


def test_a_correction_has_a_reason_and_changes_something(cast: Cast, signed: Meeting) -> None:
    with pytest.raises(InvalidInput, match="写明理由"):
        ask(cast, signed, reason="错")
    for new in (services.Correction(), services.Correction(text_of(signed).opening)):
        with pytest.raises(InvalidInput, match="还没有改动"):
            ask(cast, signed, new=new)


def paragraphs(meeting: Meeting) -> tuple[str, ...]:
    return text_of(meeting).sections[0].paragraphs


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("赞成4票", "赞成3票，反对1票"),
        ("会议同意", "会议没有通过"),
        ("进行了研究", "进行了研究，反对1票"),
        ("进行了研究", "进行了研究，会议决定另选一家"),
        ("完成专题学习", "完成两次专题学习"),
        ("林校长01同志负责", "吴副书记01同志负责"),
    ],
)
def test_votes_outcome_and_tasks_are_no_matter_of_correction(cast: Cast, signed: Meeting, old: str, new: str) -> None:
    standing = paragraphs(signed)
    assert any(old in line for line in standing), standing
    changed = tuple(line.replace(old, new, 1) for line in standing)
    with pytest.raises(InvalidInput, match="改结论要走复议"):
        ask(cast, signed, new=services.Correction(sections=(SectionText(1, changed),)))
    assert not MinutesVersion.objects.filter(state="asked").exists()


def test_what_was_discussed_may_be_worded_anew(cast: Cast, signed: Meeting) -> None:
    standing = paragraphs(signed)
    changed = ("会议听取了沈书记01同志关于学习安排的汇报，并进行了研究。", *standing)
    changed = (changed[0], changed[1].replace("会议听取了沈书记01同志的汇报，进行了研究，", ""), *changed[2:])
    meeting = agree(cast, ask(cast, signed, new=services.Correction(sections=(SectionText(1, changed),))))
    assert paragraphs(meeting) == changed
    first, second = (from_document(v.text) for v in MinutesVersion.objects.order_by("number"))
    assert [part.order for part in changes(first, second)] == [1]


def test_attendance_numbers_are_no_matter_of_correction(cast: Cast, signed: Meeting) -> None:
    for opening in (text_of(signed).opening.replace("实到4人", "实到3人"), "会议开了。", "", "长" * 2001):
        with pytest.raises(InvalidInput):
            ask(cast, signed, new=services.Correction(opening))


def test_sections_that_are_not_there_or_twice_are_named(cast: Cast, signed: Meeting) -> None:
    lines = paragraphs(signed)
    with pytest.raises(InvalidInput) as refused:
        ask(
            cast,
            signed,
            new=services.Correction(sections=(SectionText(7, lines), SectionText(1, ()), SectionText(1, lines))),
        )
    assert [fault.path for fault in refused.value.faults] == [
        "sections[0].order",
        "sections[1].paragraphs",
        "sections[2].order",
    ]


def test_the_record_itself_stays_as_it_was(cast: Cast, signed: Meeting) -> None:
    before = (signed.seal, list(RuleResult.objects.values_list("pk", "outcome")))
    agree(cast, ask(cast, signed))
    assert (Meeting.objects.get(pk=signed.pk).seal, list(RuleResult.objects.values_list("pk", "outcome"))) == before
    assert "2 个纪要版本：校验码全部相符" in verified()[0]


def test_signer_asker_and_members_hear_of_it(cast: Cast, signed: Meeting) -> None:
    def told(role: str) -> list[str]:
        while dispatch_batch(at=timezone.now()):
            pass
        return list(Message.objects.filter(reader=cast.user(role)).order_by("event_id").values_list("title", flat=True))

    meeting = ask(cast, signed)
    assert told("secretary")[-1].startswith("待你答复纪要更正：")
    meeting = refuse(cast, meeting)
    assert told("clerk")[-1].startswith("纪要更正没有同意：")
    agree(cast, ask(cast, meeting))
    for role in ("clerk", "deputy", "member", "principal"):
        assert told(role)[-1].startswith("纪要已更正："), role


# ---- on the page ----


def test_the_form_offers_the_prose_and_shows_what_is_locked(cast: Cast, signed: Meeting) -> None:
    shown = see(cast.user("clerk"), "correction", signed.pk)
    form = shown.context["form"]
    full = for_minutes(Meeting.objects.all()).get(pk=signed.pk)
    locked = locked_of(full.items.all()[0])
    assert form.proses["section_1"][2].words == ("会议听取了沈书记01同志的汇报，进行了研究。",)
    assert all(line in shown.content.decode() for line in locked)
    version = Meeting.objects.get(pk=signed.pk).version
    data = {bound.name: bound.value() or "" for bound in form} | {"version": version}
    untouched = send(
        cast.user("clerk"),
        "correction",
        signed,
        **data,
    )
    assert untouched.status_code == 422 and "写明更正原因" in words(untouched)
    data["reason"] = REASON
    untouched = send(cast.user("clerk"), "correction", signed, **data)
    assert untouched.status_code == 422 and "还没有改动" in words(untouched)
    data["section_1"] = "会议听取了沈书记01同志的汇报，反对1票"
    refused = send(cast.user("clerk"), "correction", signed, **data)
    assert refused.status_code == 422 and "改结论要走复议" in words(refused)
    assert "反对1票" in refused.content.decode(), "what was typed is kept"
    data["section_1"] = "会议听取了沈书记01同志的汇报。\n与会同志进行了充分研究"
    assert send(cast.user("clerk"), "correction", signed, **data).status_code == 302
    asked = from_document(MinutesVersion.objects.get(state="asked").text)
    assert asked.sections[0].paragraphs == (
        "会议听取了沈书记01同志的汇报。",
        "与会同志进行了充分研究。",
        *locked,
    )
    assert asked.opening == text_of(signed).opening


def test_the_signer_answers_on_the_page(cast: Cast, signed: Meeting) -> None:
    meeting = ask(cast, signed)
    url = reverse("governance:correction-answer", args=[signed.pk])
    for role, offered in (("secretary", True), ("clerk", False), ("deputy", False)):
        assert (url in see(cast.user(role), "minutes-versions", signed.pk).content.decode()) is offered
    blank = send(cast.user("secretary"), "correction-answer", signed, do="refuse", version=meeting.version)
    assert blank.status_code == 422 and "写明不予更正的理由" in words(blank)
    stale = send(cast.user("secretary"), "correction-answer", signed, do="agree", version=meeting.version - 1)
    assert stale.status_code == 409
    assert (
        send(cast.user("deputy"), "correction-answer", signed, do="agree", version=meeting.version).status_code == 409
    )
    done = send(cast.user("secretary"), "correction-answer", signed, do="agree", version=meeting.version)
    assert done.status_code == 302 and "三楼" in text_of(signed).opening


def test_unsigned_minutes_have_no_versions_and_strangers_see_none(cast: Cast, signed: Meeting) -> None:
    minuted = factories.make_minuted(cast)
    assert see(cast.user("clerk"), "minutes-versions", minuted.pk).status_code == 404
    stranger = factories.make_cast("FH002").user("clerk")
    for name in ("minutes-versions", "correction"):
        for user in (stranger, cast.user("team"), factories.User.objects.get(pk=stranger.pk)):
            assert see(user, name, signed.pk).status_code == 404
    assert "由记录人周干事01或党政办提出" in words(see(cast.user("deputy"), "correction", signed.pk))


def test_a_restricted_item_stays_withheld_in_every_version(cast: Cast, signed: Meeting) -> None:
    standing = paragraphs(signed)
    changed = ("会议听取了金丝雀的汇报，进行了研究。", *standing)
    changed = (changed[0], changed[1].replace("会议听取了沈书记01同志的汇报，进行了研究，", ""), *changed[2:])
    meeting = ask(cast, signed, new=services.Correction(sections=(SectionText(1, changed),)))
    item = AgendaItem.objects.get(meeting=signed)
    AgendaItem.objects.filter(pk=item.pk).update(secrecy=Secrecy.RESTRICTED)
    ItemReader.objects.create(item=item, person=cast.secretary)
    for name in ("minutes-versions", "correction"):
        assert "金丝雀" not in words(see(cast.user("deputy"), name, signed.pk))
    assert "金丝雀" not in words(see(cast.user("deputy"), "minutes-version", signed.pk, 2))
    assert "无权查看" in words(see(cast.user("deputy"), "minutes-version", signed.pk, 2))
    assert "金丝雀" in words(see(cast.user("secretary"), "minutes-versions", signed.pk))
    agree(cast, meeting)


# ---- by API ----


def test_a_correction_is_asked_for_and_answered_by_api(cast: Cast, signed: Meeting) -> None:
    path = f"/api/v1/governance/meetings/{signed.pk}/"

    def take(role: str, name: str, **body: Any) -> Any:
        client = Client()
        client.force_login(cast.user(role))
        return client.post(f"{path}actions/{name}/", body, content_type="application/json")

    def actions(role: str) -> list[str]:
        client = Client()
        client.force_login(cast.user(role))
        found: list[str] = client.get(path).json()["actions"]
        return found

    assert actions("clerk") == ["correct"] and actions("secretary") == []
    faulty = take(
        "clerk",
        "correct",
        reason=REASON,
        sections=[{"order": "1"}, {"order": True, "paragraphs": []}, {"order": 1, "paragraphs": [3]}, 4],
    )
    assert [fault["path"] for fault in faulty.json()["errors"]] == [
        "sections[0]",
        "sections[1].order",
        "sections[2].paragraphs",
        "sections[3]",
    ]
    assert take("clerk", "correct", reason=REASON, sections={}).status_code == 400
    wrong = tuple(line.replace("赞成4票", "赞成5票") for line in paragraphs(signed))
    refused = take("clerk", "correct", reason=REASON, sections=[{"order": 1, "paragraphs": wrong}])
    assert refused.status_code == 400 and "改结论要走复议" in refused.json()["errors"][0]["reason"]
    assert take("secretary", "correct", reason=REASON, opening=other_place(signed)).status_code == 403
    assert take("clerk", "correct", reason=REASON, opening=other_place(signed)).status_code == 200
    assert actions("secretary") == ["agree_correction", "refuse_correction"] and actions("clerk") == []
    assert take("secretary", "refuse_correction", reason="地点没有写错").status_code == 200
    assert take("clerk", "correct", reason=REASON, opening=other_place(signed)).status_code == 200
    assert take("secretary", "agree_correction").json()["status"] == "signed"
    assert "三楼" in text_of(signed).opening
