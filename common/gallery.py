"""Sample data of the component gallery (组件样张): every component in every state. All names are invented."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from common import dates

COLOURS = (
    ("ink", "正文 --ink", "17.03"),
    ("ink2", "次要 --ink-2", "9.10"),
    ("ink3", "说明 --ink-3", "5.87"),
    ("brand", "品牌红 --brand", "7.92"),
    ("act", "操作蓝 --act", "8.43"),
    ("bad", "错误、逾期 --bad", "5.56"),
    ("warn", "需留意 --warn", "7.06"),
    ("ok", "符合、完成 --ok", "6.55"),
    ("edge", "输入框边 --edge", "3.82"),
    ("focus", "焦点 --focus", "5.55"),
)
STAGES = ("方案制定", "方案审核", "推进五项", "全面实施", "评估达标")
PEOPLE = ("沈国良", "林岚", "吴启明", "郑雅琴", "孙晓峰", "朱丽", "何建平")
THRESHOLDS = (
    {"needed": 4, "label": "过半", "met": "过半数，可以开会", "unmet": "不到半数，不能开会"},
    {
        "needed": 5,
        "label": "三分之二",
        "met": "达三分之二，第3项可以表决",
        "unmet": "不足三分之二，第3项不能表决，移到下次会议",
    },
)
FINDINGS: tuple[dict[str, Any], ...] = (
    {
        "rule": "R-T10",
        "name": "会前沟通",
        "outcome": "fail",
        "severity": "block",
        "message": "书记和校长对本项还有分歧，不能提交会议。",
        "remedy": "继续沟通到意见一致；这次来不及就移到下次会议。",
        "basis": [{"title": "《意见（试行）》", "text": "三（七）"}],
        "actions": [{"label": "移到第20次会议", "url": "#rules"}],
    },
    {
        "rule": "R-Q02",
        "name": "到会人数",
        "outcome": "fail",
        "severity": "warn",
        "message": "干部任免须到会 5 人以上，目前确认 5 人。",
        "remedy": "请再确认两位委员能否到会。",
        "basis": [{"title": "《意见（试行）》", "text": "三（五）"}],
    },
    {
        "rule": "R-T16",
        "name": "听取意见",
        "outcome": "insufficient",
        "severity": "block",
        "message": "教代会听取意见的日期还没有填。",
        "remedy": "补填日期和结果。",
    },
    {
        "rule": "R-T03",
        "name": "提前提出",
        "outcome": "waived",
        "severity": "warn",
        "message": "议题 11月25日提出，距会议不足 2 天。",
        "waived_by": "沈国良",
        "waived_reason": "上级临时部署，11月26日前须研究。",
    },
    {"rule": "R-T05", "name": "归口", "outcome": "pass", "severity": "block", "message": "事项在党组织会议目录之内。"},
    {"rule": "R-T14", "name": "材料", "outcome": "pass", "severity": "warn", "message": "已附材料 3 份。"},
    {
        "rule": "R-T13",
        "name": "临时动议",
        "outcome": "not_applicable",
        "severity": "block",
        "message": "本项不是临时动议。",
    },
)

TO_DO: tuple[dict[str, Any], ...] = (
    {
        "icon": "file-check",
        "title": "审核古松小学一校一案",
        "url": "#lists",
        "due": "逾期 2 天",
        "due_kind": "bad",
        "note": "山前教办已推荐",
    },
    {
        "icon": "alert-octagon",
        "kind": "bad",
        "title": "复核桃源初中第11次校长办公会议",
        "url": "#lists",
        "due": "今天到期",
        "due_kind": "warn",
        "note": "归口不符，学校已说明",
        "seal": "principal",
    },
    {
        "icon": "signature",
        "title": "签发第18次党组织会议纪要",
        "url": "#lists",
        "due": "11-24",
        "note": "望山实验学校",
        "seal": "party",
    },
)
FACTS: tuple[dict[str, Any], ...] = (
    {"label": "学生", "value": "1,846", "note": "42 个班"},
    {"label": "教职工", "value": "138", "note": "正高 1、高级 31"},
    {"label": "党员", "value": "64", "note": "3 个支部"},
    {"label": "本年会议", "value": "31", "note": "党 14、校 17", "url": "#lists"},
    {"label": "决议闭环率", "value": "91%", "note": "全区 86%"},
    {"label": "议事合规率", "value": "98%", "note": "1 项需留意"},
)
ROWS = (
    {"label": "文件", "value": "城西教办教师获奖2026.xlsx", "url": "#lists", "action": "更换"},
    {"label": "将新增", "value": "83 条教师获奖记录", "url": "#lists", "action": "看明细"},
    {"label": "将更新", "value": ""},
)
VIEWS: tuple[dict[str, Any], ...] = (
    {"label": "全部", "url": "#lists", "current": True, "count": 23},
    {"label": "逾期", "url": "#lists", "count": 1},
    {"label": "30 天内到期", "url": "#lists", "count": 3},
)
CELLS = (("古松小学", 1, 2), ("映月小学", 2, 1), ("竹坞初中", 3, 0), ("东篱初中", 4, 0), ("松风高中", 5, 0))
DIFFERENCES = (
    {"label": "完成时限", "theirs": "2026-12-10", "yours": "2026-12-20"},
    {"label": "责任主体", "theirs": "", "yours": "朱丽"},
)


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(label="议题名称", max_length=60, error_messages={"required": "填写议题名称"})
    held_on = forms.DateField(label="开会日期", help_text="会议通知上的日期", error_messages={"required": "选开会日期"})
    kind = forms.ChoiceField(
        label="表决方式",
        widget=forms.RadioSelect,
        choices=[("oral", "口头"), ("hands", "举手"), ("signed", "记名投票"), ("secret", "无记名投票")],
        error_messages={"required": "选一种表决方式"},
    )
    result = forms.ChoiceField(
        label="审核结论",
        widget=forms.RadioSelect,
        choices=[
            ("pass", "通过：学校当天收到通知，清单开始计时"),
            ("back", "退回修改：只改指出的地方，教办不用再推荐"),
        ],
    )
    school = forms.ChoiceField(label="学校", choices=[("", "选一所学校"), ("1", "望山实验学校"), ("2", "东篱小学")])
    level = forms.ChoiceField(label="级别", choices=[("", "全部级别"), ("1", "省级"), ("2", "市级")], required=False)
    topics = forms.MultipleChoiceField(
        label="听取意见",
        widget=forms.CheckboxSelectMultiple,
        choices=[("1", "教代会"), ("2", "家委会")],
        required=False,
    )
    reason = forms.CharField(
        label="决议",
        widget=forms.Textarea,
        help_text="写明做什么、谁来做、到什么时候",
        error_messages={"required": "填写决议"},
    )
    evidence = forms.FileField(label="佐证", required=False, help_text=".pdf、.docx 或照片，不超过 20 MB")
    password = forms.CharField(label="密码", widget=forms.PasswordInput, error_messages={"required": "填写密码"})
    agreed = forms.BooleanField(label="我已核对学校、教师和级别", required=False)


def seats(present: int) -> list[dict[str, Any]]:
    """The seven seats, the first `present` of them taken."""
    return [{"name": name, "present": place < present} for place, name in enumerate(PEOPLE)]


def cards(today: date) -> list[dict[str, Any]]:
    """Three cards of a phone checklist: late, soon, and far off."""
    late, soon, later = (today + timedelta(days=days) for days in (-8, 5, 28))
    return [
        {
            "title": "第三支部换届批复",
            "url": "#cards",
            "note": "组织设置 · 责任人孙晓峰",
            "due": f"应 {late:%m-%d} 完成，{dates.days_left_text(late, today)}",
            "kind": "bad",
            "actions": [
                {"label": "拍照上传", "url": "#cards", "icon": "camera"},
                {"label": "调整时限", "url": "#cards"},
            ],
        },
        {
            "title": "中层正副职分工公开",
            "url": "#cards",
            "note": "班子分工 · 方案已过校长办公会议",
            "due": f"{soon:%m-%d} 到期，{dates.days_left_text(soon, today)}",
            "kind": "warn",
            "actions": [
                {"label": "标为完成", "url": "#cards", "icon": "check", "primary": True},
                {"label": "登记进展", "url": "#cards"},
            ],
        },
        {
            "title": "落实党组织会议第17次决议：课后服务经费",
            "url": "#cards",
            "note": "决议 2026-党-17-02",
            "due": f"{later:%m-%d} 到期，{dates.days_left_text(later, today)}",
            "kind": "",
        },
    ]


def events(today: date) -> list[dict[str, Any]]:
    """Three entries of a timeline, newest first."""
    return [
        {"kind": "n", "on": today, "text": "第18次党组织会议，4 项议题", "note": "周琪登记"},
        {"kind": "x", "on": today - timedelta(days=8), "text": "组织设置任务逾期", "url": "#lists"},
        {"kind": "d", "on": today - timedelta(days=240), "text": "两个议事规则备案"},
    ]


def tasks(today: date) -> list[dict[str, Any]]:
    """Four rows of a table: finished, due soon, late, far off."""
    return [
        {"title": "明确书记、校长分工", "owner": "沈国良", "due": today, "done": today - timedelta(days=3)},
        {"title": "中层正副职分工公开", "owner": "", "due": today + timedelta(days=5), "css": "is-warn"},
        {"title": "第三支部换届", "owner": "孙晓峰", "due": today - timedelta(days=8), "css": "is-bad"},
        {"title": "年级组建立党小组", "owner": "朱丽", "due": today + timedelta(days=115)},
    ]


def heat() -> dict[str, Any]:
    """Cells and legend of the heat grid."""
    return {
        "cells": [
            {"name": name, "stage": stage, "label": STAGES[stage - 1], "overdue": late} for name, stage, late in CELLS
        ],
        "stages": [{"label": label, "count": count} for label, count in zip(STAGES, (1, 3, 14, 21, 9), strict=True)],
    }


def sample_context(at: datetime) -> dict[str, Any]:
    """Everything the gallery template prints."""
    today = dates.local_day(at)
    faulty = SampleForm({"kind": "hands", "result": "back", "school": "1", "topics": ["1"]})
    faulty.is_valid()
    return {
        "today": today,
        "now": at,
        "colours": COLOURS,
        "findings_sample": FINDINGS,
        "meters": [seats(present) for present in (6, 4, 3)],
        "thresholds": THRESHOLDS,
        "people": [{"name": name, "present": number < 6} for number, name in enumerate(PEOPLE)],
        "form": SampleForm(auto_id="plain_%s"),
        "faulty": faulty,
        "other": SampleForm(auto_id="other_%s"),
        "notes": ["9-17 会议决定", "9-18 至 10-20", "10-21 至 10-30", "11-02 得 78 分", "限 12-05"],
        "meeting_steps": ["准备议题", "书记审定", "发会议通知", "开会记录", "纪要签发", "决议落实"],
        "wizard_steps": ["下载模板", "上传文件", "核对", "确认导入"],
        "cards": cards(today),
        "todo": TO_DO,
        "events": events(today),
        "facts_sample": FACTS,
        "rows": ROWS,
        "views": VIEWS,
        "tasks": tasks(today),
        "differences": DIFFERENCES,
        **heat(),
    }


@login_required
def gallery(request: HttpRequest) -> HttpResponse:
    """The page that shows every component; for those who look after the system."""
    if not request.user.is_staff:
        raise Http404
    return render(request, "common/gallery.html", sample_context(timezone.now()))
