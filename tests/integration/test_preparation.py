"""会前准备: steps, materials, 临时动议, amount and 复议 of an item, and what the rules make of them before the notice goes out."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.db.utils import DatabaseError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from attachments.models import Attachment
from audit.models import Event
from common.dates import local_day
from common.errors import InvalidInput, NotAllowed, Stale, WrongState
from governance import services
from governance.errors import BreaksProcedure
from governance.models import AgendaItem, Decision, Meeting, PriorStep
from governance.services import Preparation, Prepared, StepInput
from schools.permissions import Body
from tests import factories
from tests.factories import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return factories.make_cast()


@pytest.fixture
def meeting(cast: Cast) -> Meeting:
    """A draft of P01 and P21, four days ahead."""
    return factories.make_meeting(cast, matters=("P01", "P21"), at=timezone.now() + timedelta(days=4))


def item_of(meeting: Meeting, order: int = 2) -> AgendaItem:
    return AgendaItem.objects.get(meeting=meeting, order=order)


def url_of(meeting: Meeting, order: int = 2) -> str:
    return reverse("governance:preparation", args=[meeting.pk, item_of(meeting, order).pk])


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def prepare(meeting: Meeting, by: User, order: int = 2, **values: Any) -> Meeting:
    files = values.pop("files", ())
    prepared = [Prepared(item_of(meeting, order).pk, Preparation(**values), files)]
    return services.prepare_items(meeting=meeting, prepared=prepared, by=by, at=timezone.now())


def form_of(client: Client, url: str) -> dict[str, str]:
    """What the page would post when nothing was changed."""
    html = client.get(url).content.decode()
    fields = {}
    for tag in re.findall(r"<input[^>]*>", html):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and 'type="checkbox"' not in tag and 'type="file"' not in tag:
            fields[name[1]] = value[1] if value else ""
    for name, inside in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', html, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', inside)
        fields[name] = chosen[1] if chosen else ""
    return fields


def pdf(name: str = "方案.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, b"%PDF-1.4 plan")


def test_the_page_offers_the_steps_of_the_matter_and_saves_them_with_the_material(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    html = client.get(url_of(meeting)).content.decode()
    assert "校长办公会议先行研究并形成方案" in html and "财务审核" in html and "必经" in html
    fields = form_of(client, url_of(meeting))
    place = next(name for name, value in fields.items() if value == "finance_review").removesuffix("-stage")
    today = local_day(timezone.now()).isoformat()
    fields |= {f"{place}-done_on": today, f"{place}-note": "预算内", "amount": "380000", "do": "save"}
    answer = client.post(url_of(meeting), {**fields, "materials": [pdf(), pdf("说明.pdf")]})
    assert answer.status_code == 302 and answer["Location"].endswith("#item-2")
    item = item_of(meeting)
    assert (item.materials, item.amount) == (2, Decimal("380000.00"))
    assert list(item.prior_steps.values_list("stage", "note")) == [("finance_review", "预算内")]
    page = client.get(meeting.get_absolute_url()).content.decode()
    assert "财务审核" in page and "预算内" in page and "说明.pdf" in page
    event = Event.objects.get(kind="governance.meeting.item_prepared")
    assert event.data["items"] == [str(item.pk)]


def test_the_notice_waits_for_what_the_rules_ask_and_goes_out_once_it_is_done(cast: Cast, meeting: Meeting) -> None:
    at = timezone.now()
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    with pytest.raises(BreaksProcedure) as refused:
        services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    assert {result.rule for result in refused.value.findings} == {"R-T08", "R-T09"}
    html = signed_in(cast.user("clerk")).get(meeting.get_absolute_url()).content.decode()
    assert "R-T08" in html and "R-T09" in html
    factories.prepare(cast, meeting)
    called = services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    assert called.status == "called"


def test_a_proposal_of_the_principals_meeting_brings_its_day(cast: Cast, meeting: Meeting) -> None:
    week_ago = timezone.now() - timedelta(days=7)
    proposing = factories.make_held(cast, Body.PRINCIPAL, matters=("A07",), at=week_ago)
    record = factories.full_record(
        proposing, cast.people["principal"].pk, due_on=local_day(week_ago), outcome="proposed_to_party"
    )
    proposing = services.save_record(meeting=proposing, new=record, version=None, by=cast.user("clerk"), at=week_ago)
    proposing = services.minute_meeting(meeting=proposing, by=cast.user("clerk"), at=week_ago)
    source = item_of(proposing, 1)
    step = StepInput("principal_meeting", source=source.pk)
    with pytest.raises(InvalidInput, match="已签发"):
        prepare(meeting, cast.user("clerk"), steps=(step,))
    services.sign_meeting(meeting=factories.confirm_all(proposing), by=cast.user("principal"), at=week_ago)
    prepare(meeting, cast.user("clerk"), steps=(step,))
    stored = PriorStep.objects.get(item=item_of(meeting))
    assert (stored.source_item_id, stored.done_on) == (source.pk, local_day(proposing.scheduled_at))
    with pytest.raises(InvalidInput, match="校长办公会议"):
        prepare(meeting, cast.user("clerk"), steps=(StepInput("finance_review", source=source.pk),))


@pytest.mark.parametrize(
    ("values", "path"),
    [
        ({"steps": (StepInput("nonsense"),)}, "steps[0].stage"),
        ({"steps": (StepInput("secretary_principal_talk"),)}, "steps[0].stage"),
        ({"steps": (StepInput("finance_review", local_day(timezone.now()) + timedelta(days=1)),)}, "steps[0].done_on"),
        ({"steps": (StepInput("finance_review", note="长" * 301),)}, "steps[0].note"),
        ({"steps": tuple(StepInput("finance_review") for _ in range(31))}, "steps"),
        ({"amount": Decimal("-1")}, "amount"),
        ({"urgent": True, "urgent_reason": "急" * 301}, "urgent_reason"),
        ({"files": (SimpleUploadedFile("方案.exe", b"MZ"),)}, "files"),
        ({"files": tuple(pdf() for _ in range(10))}, "files"),
    ],
)
def test_what_makes_no_sense_is_named_and_nothing_is_written(
    cast: Cast, meeting: Meeting, values: dict[str, Any], path: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        prepare(meeting, cast.user("clerk"), **values)
    assert [fault.path for fault in refused.value.faults] == [path]
    assert not PriorStep.objects.exists() and not Attachment.objects.exists()


def test_a_refused_page_keeps_what_was_typed_and_asks_for_the_files_again(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    fields = form_of(client, url_of(meeting)) | {
        "step-0-note": "已经研究",
        "step-0-done_on": "2999-01-01",
        "do": "save",
    }
    answer = client.post(url_of(meeting), {**fields, "materials": [pdf()]})
    html = answer.content.decode()
    assert answer.status_code == 422
    assert "日期还没有到" in html and "已经研究" in html and "2999-01-01" in html and "方案.pdf" in html
    fields["amount"] = "三万"
    answer = client.post(url_of(meeting), fields)
    assert answer.status_code == 422 and "三万" in answer.content.decode()


def test_a_stale_page_is_refused_and_keeps_what_was_typed(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))
    fields = form_of(client, url_of(meeting)) | {"step-0-note": "我的说明", "do": "save"}
    prepare(meeting, cast.user("principal"), amount=Decimal(5))
    answer = client.post(url_of(meeting), fields)
    assert answer.status_code == 409
    assert "刚才有人改过" in answer.content.decode() and "我的说明" in answer.content.decode()
    with pytest.raises(Stale):
        services.prepare_items(meeting=meeting, prepared=[], version=1, by=cast.user("clerk"), at=timezone.now())


def test_who_cannot_record_cannot_prepare_and_a_stranger_finds_nothing(cast: Cast, meeting: Meeting) -> None:
    with pytest.raises(NotAllowed):
        prepare(meeting, cast.user("member"))
    assert signed_in(cast.user("member")).get(url_of(meeting)).status_code == 302
    assert signed_in(factories.make_bureau()).post(url_of(meeting), {"do": "save"}).status_code == 302
    stranger = factories.make_cast("FH002")
    assert signed_in(stranger.user("secretary")).get(url_of(meeting)).status_code == 404
    assert not PriorStep.objects.exists()


def test_what_is_part_of_the_agenda_takes_the_confirmation_back_and_is_frozen_by_the_notice(
    cast: Cast, meeting: Meeting
) -> None:
    at = timezone.now()
    factories.prepare(cast, meeting)
    confirmed = services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    steps = (StepInput("finance_review", local_day(at)), StepInput("principal_meeting", local_day(at)))
    kept = prepare(confirmed, cast.user("clerk"), steps=steps)
    assert kept.agenda_confirmed_at is not None, "a step only records what happened"
    changed = prepare(kept, cast.user("clerk"), steps=steps, amount=Decimal(1000))
    assert changed.agenda_confirmed_at is None
    assert not AgendaItem.objects.filter(meeting=meeting, confirmed_by__isnull=False).exists()
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=at)
    called = services.call_meeting(meeting=meeting, by=cast.user("clerk"), at=at)
    prepare(called, cast.user("clerk"), steps=steps, amount=Decimal(1000), files=(pdf(),))
    with pytest.raises(InvalidInput, match="撤回通知"):
        prepare(called, cast.user("clerk"), steps=steps, amount=Decimal(2000))


def test_several_items_prepared_at_once_lose_the_confirmation_together(cast: Cast, meeting: Meeting) -> None:
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    entries = [
        Prepared(
            item_of(meeting, 1).pk, Preparation(urgent=True, urgent_reason="上级要求当天研究", urgent_consent=True)
        ),
        Prepared(item_of(meeting, 2).pk, Preparation()),
    ]
    services.prepare_items(meeting=meeting, prepared=entries, version=None, by=cast.user("clerk"), at=timezone.now())
    assert not AgendaItem.objects.filter(meeting=meeting, confirmed_by__isnull=False).exists()


def test_an_important_matter_is_never_urgent_and_another_needs_reason_and_consent(cast: Cast, meeting: Meeting) -> None:
    clerk = cast.user("clerk")
    prepare(meeting, clerk, order=1, urgent=True, urgent_reason="上级要求当天研究", urgent_consent=True)
    prepare(meeting, clerk, urgent=True, urgent_reason="上级要求当天研究", urgent_consent=True)
    html = signed_in(clerk).get(meeting.get_absolute_url()).content.decode()
    assert "临时动议：上级要求当天研究" in re.sub(r"<[^>]+>", "", html).replace(" ", "").replace("\n", "")
    services.confirm_agenda(meeting=meeting, by=cast.user("secretary"), at=timezone.now())
    with pytest.raises(BreaksProcedure) as refused:
        services.call_meeting(meeting=meeting, by=clerk, at=timezone.now())
    urgent = [result.subject for result in refused.value.findings if result.rule == "R-T13"]
    assert urgent == [f"items/{item_of(meeting, 2).pk}"]


def test_a_decision_of_another_school_cannot_be_reconsidered(cast: Cast, meeting: Meeting) -> None:
    other = factories.make_cast("FH002")
    factories.make_signed(other)
    factories.make_signed(cast)
    theirs, ours = Decision.objects.get(school=other.school), Decision.objects.get(school=cast.school)
    with pytest.raises(InvalidInput, match="本校的决议"):
        prepare(meeting, cast.user("clerk"), reconsiders=theirs.pk)
    prepare(meeting, cast.user("clerk"), reconsiders=ours.pk)
    assert item_of(meeting).reconsiders_id == ours.pk


def test_a_material_is_removed_with_its_fact_and_typing_is_kept(cast: Cast, meeting: Meeting) -> None:
    prepare(meeting, cast.user("clerk"), files=(pdf(), pdf("误传.pdf")))
    wrong = Attachment.objects.get(name="误传.pdf")
    client = signed_in(cast.user("clerk"))
    fields = form_of(client, url_of(meeting)) | {"step-0-note": "还在写", "do": f"remove-{wrong.pk}"}
    html = client.post(url_of(meeting), fields).content.decode()
    assert "误传.pdf" not in html and "方案.pdf" in html and "还在写" in html
    assert item_of(meeting).materials == 1
    assert Event.objects.filter(kind="attachments.file.removed").count() == 1
    assert client.get(wrong.get_absolute_url()).status_code == 404
    with pytest.raises(WrongState, match="已经移除"):
        services.remove_material(
            meeting=meeting, item=item_of(meeting).pk, attachment=wrong.pk, version=None, by=cast.user("clerk"),
            at=timezone.now(),
        )  # fmt: skip


def test_materials_are_read_by_whoever_sees_the_meeting_alone(cast: Cast, meeting: Meeting) -> None:
    prepare(meeting, cast.user("clerk"), files=(pdf(),))
    url = Attachment.objects.get().get_absolute_url()
    answer = signed_in(cast.user("member")).get(url)
    assert answer.status_code == 200 and b"".join(answer.streaming_content).startswith(b"%PDF")
    assert signed_in(cast.user("team")).get(url).status_code == 404, "not a member of the Party body"
    assert signed_in(factories.make_cast("FH002").user("secretary")).get(url).status_code == 404


def test_after_the_minutes_are_sent_nothing_beforehand_changes_any_more(cast: Cast) -> None:
    minuted = factories.make_minuted(cast, matters=("P01", "P16"))
    with pytest.raises(WrongState, match="待签发"):
        prepare(minuted, cast.user("clerk"))
    services.sign_meeting(meeting=factories.confirm_all(minuted), by=cast.user("secretary"), at=timezone.now())
    step = PriorStep.objects.filter(item__meeting=minuted).first()
    assert step is not None
    with pytest.raises(DatabaseError), transaction.atomic():
        PriorStep.objects.filter(pk=step.pk).update(note="改一改")
    with pytest.raises(DatabaseError), transaction.atomic():
        PriorStep.objects.create(item=step.item, order=99, stage="legal_review")


def test_written_opinions_are_kept_printed_and_not_counted(cast: Cast) -> None:
    held = factories.make_held(cast)
    client = signed_in(cast.user("clerk"))
    url = reverse("governance:record", args=[held.pk])
    fields = {
        n: v for n, v in form_of(client, url).items() if not n.endswith(("-status", "-stance", "-method", "-outcome"))
    }
    for number in range(1, 5):
        fields[f"m-{number}-status"] = "leave" if number == 4 else "present"
    fields |= {"m-4-reason": "培训", "i-1-s-4-written": "同意，请先公示。", "do": "save"}
    answer = client.post(url, fields)
    assert answer.status_code in (200, 302), answer.content.decode()[-500:]
    opinion = AgendaItem.objects.get(meeting=held).presences.get()
    assert opinion.written_opinion == "同意，请先公示。"
    assert "同意，请先公示。" in client.get(url).content.decode()
    wrong = client.post(url, form_of(client, url) | fields | {"m-4-status": "present", "version": _version(held)})
    assert wrong.status_code == 422 and "发言要点" in wrong.content.decode()


def _version(meeting: Meeting) -> str:
    return str(Meeting.objects.get(pk=meeting.pk).version)


def test_the_page_costs_the_same_for_one_step_and_for_thirty(cast: Cast, meeting: Meeting) -> None:
    client = signed_in(cast.user("clerk"))

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(url_of(meeting)).status_code == 200
        return len(found)

    queries()
    few = queries()
    prepare(meeting, cast.user("clerk"), steps=tuple(StepInput("finance_review", note=str(n)) for n in range(30)))
    assert queries() == few <= 20
