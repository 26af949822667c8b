"""Tags, filters and fields of the component library say what the design language asks for."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django import forms
from django.template import Context, Template

from common.gallery import sample_context
from common.templatetags import portal

TODAY = date(2026, 11, 20)


def printed(source: str, **context: Any) -> str:
    return Template("{% load portal %}" + source).render(Context(context))


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


class BriefForm(forms.Form):
    title = forms.CharField(label="议题", error_messages={"required": "填写议题名称"})
    on = forms.DateField(label="日期", required=False, initial=TODAY, help_text="会议通知上的日期")
    vote = forms.ChoiceField(
        label="方式",
        widget=forms.RadioSelect,
        choices=[("oral", "口头"), ("hands", "举手")],
        error_messages={"required": "选一种方式"},
    )


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("{{ at|day }}", "2026-11-26"),
        ("{{ at|short_day }}", "11-26"),
        ("{{ at|day_text }}", "11月26日"),
        ("{{ at|meeting_time }}", "11月26日（周四）15:30"),
        ("{{ late|days_left:today }}", "逾期 8 天"),
        ("{{ today|days_left:today }}", "今天到期"),
        ("{{ soon|days_left:today }}", "还有 20 天"),
        ("{{ next_year|day_text:today }}", "2027年1月5日"),
        ("{{ nothing|day }}{{ nothing|meeting_time }}{{ nothing|days_left:today }}", "–––"),
        ("{{ nothing|dash }} {{ ''|dash }} {{ 0|dash }}", "– – 0"),
        ("{{ '13812345678'|mask_phone }}", "138****5678"),
    ],
)
def test_filters_write_dates_and_gaps_as_the_papers_ask(source: str, shown: str) -> None:
    at = datetime(2026, 11, 26, 7, 30, tzinfo=UTC)
    days = {"late": date(2026, 11, 12), "soon": date(2026, 12, 10), "next_year": date(2027, 1, 5)}
    assert printed(source, at=at, today=TODAY, nothing=None, **days) == shown


@pytest.mark.parametrize(
    ("on", "done_on", "kind", "shown"),
    [
        (date(2026, 11, 12), None, "tg-bad", "逾期 8 天"),
        (date(2026, 11, 20), None, "tg-warn", "今天到期"),
        (date(2026, 11, 23), None, "tg-warn", "3 天到期"),
        (date(2026, 12, 10), None, "", "还有 20 天"),
        (date(2026, 11, 12), date(2026, 11, 10), "tg-done", "11-10 完成"),
        (None, None, "", "–"),
    ],
)
def test_a_time_limit_gets_colour_only_when_a_person_is_needed(
    on: date | None, done_on: date | None, kind: str, shown: str
) -> None:
    html = printed("{% due on today done_on=done_on %}", on=on, today=TODAY, done_on=done_on)
    assert words(html) == shown
    assert kind in html


def test_the_ring_tells_its_state_in_words() -> None:
    assert "决策已完成、执行进行中、监督未开始、评价未开始、修正未开始" in printed("{% ring 'dnttt' %}")


@pytest.mark.parametrize("body", ["party", "党"])
def test_a_seal_carries_the_full_name_of_the_meeting(body: str) -> None:
    assert words(printed("{% seal body %}", body=body)) == "党 党组织会议"


@pytest.mark.parametrize(
    ("present", "shown", "hidden"),
    [(5, "可以表决", "不能表决"), (4, "不能表决", "可以表决"), (3, "不能开会", "可以开会")],
)
def test_the_quorum_meter_speaks_of_the_thresholds_it_was_given(present: int, shown: str, hidden: str) -> None:
    seats = [{"name": name, "present": place < present} for place, name in enumerate("沈林吴郑孙朱何")]
    thresholds = [
        {"needed": 4, "label": "过半", "met": "可以开会", "unmet": "不能开会"},
        {"needed": 5, "label": "三分之二", "met": "可以表决", "unmet": "不能表决"},
    ]
    html = printed("{% quorum seats thresholds %}", seats=seats, thresholds=thresholds)
    seen = re.sub(r"<li[^>]*\shidden>.*?</li>", "", html, flags=re.DOTALL)
    assert shown in seen
    assert hidden not in seen
    assert f"应到 7 人，到会 {present} 人，过半 4 人，三分之二 5 人" in html


def result(outcome: str, severity: str = "block", **more: Any) -> dict[str, Any]:
    return {"rule": "R-X01", "outcome": outcome, "severity": severity, "message": outcome, **more}


@pytest.mark.parametrize(
    ("given", "level"),
    [
        (result("fail"), "不合规"),
        (result("fail", "warn"), "需留意"),
        (result("fail", "record"), "需留意"),
        (result("insufficient"), "待补充"),
        (result("waived"), "已放行"),
        (result("pass"), "符合"),
        (result("not_applicable"), "不适用"),
    ],
)
def test_each_outcome_has_its_own_words(given: dict[str, Any], level: str) -> None:
    assert level in words(printed("{% finding given %}", given=given))


def test_findings_put_work_first_and_fold_what_is_well() -> None:
    results = [result("pass"), result("not_applicable"), result("fail", "warn"), result("fail")]
    html = printed("{% findings results %}", results=results)
    order = [html.index(level) for level in ("不合规", "需留意", "符合", "不适用")]
    assert order == sorted(order)
    assert html.count("<details") == 2
    assert words(printed("{% findings_line results %}", results=results)) == "1 条不合规 ，1 条需留意，1 条符合"


def test_a_finding_names_document_and_article() -> None:
    basis = [{"title": "《意见（试行）》", "text": "三（七）"}]
    html = printed("{% finding given %}", given=result("fail", remedy="继续沟通", basis=basis))
    assert "怎么办：继续沟通" in words(html).replace(" ", "")
    assert "《意见（试行）》三（七）" in html


def test_a_faulty_field_points_to_its_error_and_help() -> None:
    form = BriefForm({"title": "", "on": "2026-13-01"})
    html = printed("{% form_fields form %}", form=form)
    assert 'aria-describedby="id_title_error"' in html
    assert 'aria-describedby="id_on_helptext id_on_error"' in html
    assert html.count('aria-invalid="true"') == 2
    assert "填写议题名称" in html


def test_date_fields_become_native_pickers() -> None:
    html = printed("{% field form.on %}", form=BriefForm())
    assert 'type="date"' in html
    assert 'value="2026-11-20"' in html
    assert "选填" in html


def test_few_short_choices_stand_in_one_row_under_a_legend() -> None:
    html = printed("{% field form.vote %}", form=BriefForm({"vote": "hands"}))
    assert "<legend" in html
    assert "fh-seg" in html
    assert re.search(r'value="hands" id="id_vote_1" checked', html)


def test_the_error_summary_counts_links_and_repeats_the_words() -> None:
    form = BriefForm({"title": "", "on": ""})
    html = printed("{% error_summary form %}", form=form)
    assert "有 2 处要改" in html
    assert '<a href="#id_title">填写议题名称</a>' in html
    assert '<a href="#id_vote_0">选一种方式</a>' in html


def test_nothing_is_said_when_nothing_is_wrong() -> None:
    assert words(printed("{% error_summary form %}", form=BriefForm())) == ""


def test_a_refusal_without_a_field_is_not_a_link() -> None:
    form = BriefForm({"title": "甲", "vote": "oral"})
    form.add_error(None, "会议已签发，不能再改。")
    html = printed("{% error_summary form %}", form=form)
    assert "<a" not in html
    assert "会议已签发，不能再改。" in html


def test_the_question_before_an_irreversible_act_is_a_form_of_its_own() -> None:
    html = printed(
        '{% confirm "签发" title="签发纪要？" action="/sign/" name="step" value="sign" %}<p>后果</p>{% endconfirm %}',
        csrf_token="secret",
    )
    assert 'action="/sign/"' in html
    assert 'value="secret"' in html
    assert 'name="step" value="sign"' in html
    assert html.count("签发</") == 2


def test_text_from_users_is_escaped_in_every_tag() -> None:
    evil = "<img src=x>"
    source = (
        "{% tag 'bad' evil %}{% seal evil %}{% bar 3 label=evil %}{% icon 'bell' label=evil %}"
        "{% steps labels 1 %}{% note '' %}{{ evil }}{% endnote %}{% confirm evil title=evil %}{{ evil }}{% endconfirm %}"
    )
    assert "<img" not in printed(source, evil=evil, labels=[evil])


def test_the_gallery_has_a_sample_for_every_tag_it_shows() -> None:
    context = sample_context(datetime(2026, 11, 20, 1, 12, tzinfo=UTC))
    assert context["faulty"].errors
    assert set(portal.TAG_ICONS) == {"done", "run", "go", "wait", "warn", "bad", "none", "back"}
