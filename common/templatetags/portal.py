"""Tags and filters of the portal's components (`{% load portal %}`); the gallery page shows every one of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from django import forms, template
from django.forms.boundfield import BoundField
from django.forms.formsets import BaseFormSet
from django.template.context import Context
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from common import dates, text
from common.templatetags import bound_fields, drawing, judgements

register = template.Library()

TAG_ICONS = {
    "done": "check",
    "run": "circle-half-2",
    "go": "circle-half-2",
    "wait": "clock",
    "warn": "alert-triangle",
    "bad": "clock-exclamation",
    "none": "circle-dashed",
    "back": "arrow-back-up",
}
PARTY = ("党", "d", "党组织会议")
PRINCIPAL = ("校", "x", "校长办公会议")
CONGRESS = ("教", "m", "教职工代表大会")
SEALS = {
    **dict.fromkeys(("party", "党"), PARTY),
    **dict.fromkeys(("principal", "校"), PRINCIPAL),
    **dict.fromkeys(("staff_congress", "教"), CONGRESS),
}
FOUNDATIONS = "章程、职责、议事规则、班子分工、组织设置"
NOTE_ICONS = {"": "info-circle", "ok": "circle-check", "warn": "alert-triangle", "bad": "alert-octagon"}
WARN_WITHIN = 7


# ---- marks ----


@register.simple_tag
def icon(name: str, css: str = "", label: str = "") -> SafeString:
    """A symbol of the sprite by its Tabler name. Decorative, unless `label` says what it means."""
    return _icon(name, css, label)


@lru_cache(maxsize=1024, typed=True)  # typed: text that is marked as safe is another key than the same text unmarked
def _icon(name: str, css: str, label: str) -> SafeString:
    drawn = format_html('<use href="{}#i-{}"/>', static("icons.svg"), name)
    css = f"i {css}".strip()
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}" focusable="false">{}</svg>', css, label, drawn)
    return format_html('<svg class="{}" aria-hidden="true" focusable="false">{}</svg>', css, drawn)


@register.simple_tag
def ring(states: str, size: int = 20, label: str = "") -> SafeString:
    """The five-segment loop of a decision: one letter per stage, d done, n now, t to do, x late, s not needed."""
    return format_html(
        '<svg class="fh-ring" width="{0}" height="{0}" viewBox="0 0 24 24" role="img" aria-label="{1}" '
        'fill="none" stroke-width="3.6">{2}</svg>',
        size,
        label or f"闭环进度：{drawing.ring_words(states)}",
        format_html_join("", '<path class="rg-{}" d="{}"/>', drawing.ring_arcs(states)),
    )


@register.inclusion_tag("_components/loop_figure.html")
def loop_figure(states: str, notes: Sequence[str], big: str = "", small: str = "") -> dict[str, Any]:
    """The large ring of a decision's page: a short note at each stage, one figure and one line in the middle."""
    return {
        "arcs": list(drawing.figure_arcs(states)),
        "arrows": list(drawing.figure_arrows()),
        "labels": list(drawing.figure_labels(states, notes)),
        "big": big,
        "small": small,
    }


@register.simple_tag
def tag(kind: str, words: str) -> SafeString:
    """A status: icon and fixed words (design language §5). Kinds: done run go wait warn bad none back."""
    return format_html('<span class="fh-tag tg-{}">{}{}</span>', kind, icon(TAG_ICONS[kind]), words)


@register.simple_tag
def due(
    on: date | datetime | None, today: date, done_on: date | None = None, warn_within: int = WARN_WITHIN
) -> SafeString | str:
    """How a time limit stands: finished, late, due within `warn_within` days, or days still left."""
    if done_on:
        return tag("done", f"{short_day(done_on)} 完成")
    if not on:
        return "–"
    left = (_day(on) - today).days
    words = dates.days_left_text(_day(on), today)
    if left < 0:
        return tag("bad", words)
    if left <= warn_within:
        return tag("warn", f"{left} 天到期" if left else words)
    return format_html('<span class="sec num nw">{}</span>', words)


@register.simple_tag
def seal(body: str, css: str = "") -> SafeString:
    """The seal of a meeting: 党 Party meeting, 校 principal's meeting, 教 staff congress; any other word as it is."""
    letter, colour, full = SEALS.get(str(body), (str(body)[:1], "m", str(body)))
    shown = format_html('<span class="{}" aria-hidden="true">{}</span>', f"fh-seal {colour} {css}".strip(), letter)
    return format_html('{}<span class="vh">{}</span>', shown, full)


@register.simple_tag
def bar(percent: float, kind: str = "", width: str = "", label: str = "") -> SafeString:
    """A bar for 0 to 100 percent; kind "", ok or bad; width w64, w96 or the whole line."""
    shown = max(0, min(100, round(percent)))
    return format_html(
        '<span class="{}" role="img" aria-label="{}"><svg viewBox="0 0 100 8" preserveAspectRatio="none">'
        '<rect class="f" width="{}" height="8"/></svg></span>',
        " ".join(filter(None, ("fh-bar", width, kind))),
        label or f"完成 {shown}%",
        shown,
    )


@register.simple_tag
def five(states: str, names: str = FOUNDATIONS) -> SafeString:
    """The five foundations (五项工程) in a row: d done, n now, t to do, x late."""
    return _row_of_states("fh-five", states, names)


@register.simple_tag
def nodes(states: str, names: str) -> SafeString:
    """Milestones (节点) small enough for a table; `names` are joined with 、 in the same order."""
    return _row_of_states("fh-ms", states, names)


def _row_of_states(css: str, states: str, names: str) -> SafeString:
    spoken = "、".join(f"{n}{drawing.WORDS[s]}" for n, s in zip(names.split("、"), states, strict=True))
    marks = format_html_join("", '<i class="{}"></i>', ((state,) for state in states))
    return format_html('<span class="{}" role="img" aria-label="{}">{}</span>', css, spoken, marks)


# ---- meeting and rules ----


@register.inclusion_tag("_components/quorum.html")
def quorum(
    seats: Sequence[Mapping[str, Any]], thresholds: Sequence[Mapping[str, Any]], live: bool = False
) -> dict[str, Any]:
    """到会计: one box per member due, present ones first, a line after each threshold.

    `seats` have name and present; `thresholds` have needed (a whole number of people), label, met and unmet (sentences).
    With `live` the page recounts when a choice inside `[data-att]` changes.
    """
    present = sum(1 for seat in seats if seat["present"])
    lines = [{**line, "reached": present >= line["needed"], "low": bool(n % 2)} for n, line in enumerate(thresholds)]
    numbered = [{**seat, "number": number, "short": seat["name"][:1]} for number, seat in enumerate(seats, 1)]
    numbered.sort(key=lambda seat: not seat["present"])
    boxes = [
        {**seat, "lines": [line for line in lines if line["needed"] == place]} for place, seat in enumerate(numbered, 1)
    ]
    return {"boxes": boxes, "lines": lines, "present": present, "due": len(seats), "live": live}


@register.inclusion_tag("_components/finding.html")
def finding(result: Any) -> dict[str, Any]:
    """One result of the rule check as a note in the margin: what is wrong, what to do, on what basis."""
    return {"shown": judgements.shown(result), "basis": judgements.basis_lines(result)}


@register.inclusion_tag("_components/findings.html")
def findings(results: Iterable[Any], empty: str = "") -> dict[str, Any]:
    """All results of one subject: work first, 符合 in one line, 不适用 folded away; `empty` when there are none."""
    shown = judgements.in_order(results)
    return {
        "open": [item for item in shown if item.level in {"bad", "warn", "ins", "let"}],
        "passed": [item for item in shown if item.level == "ok"],
        "not_applicable": [item for item in shown if item.level == "na"],
        "empty": "" if shown else empty,
    }


@register.simple_tag
def findings_line(results: Iterable[Any]) -> SafeString:
    """The results counted in words, worst first and in colour: “3 条不合规，2 条需留意，16 条符合”."""
    parts = [
        format_html('<b class="t-bad">{} 条{}</b>' if level == "bad" else "{} 条{}", number, words)
        for level, words, number in judgements.counts(results)
    ]
    return format_html_join("，", "{}", ((part,) for part in parts))


# ---- forms ----


@register.inclusion_tag("_components/field.html")
def field(bound: BoundField, kind: str = "", label: str = "", hint: str = "", wide: bool = False) -> dict[str, Any]:
    """A form field with label, help and error. `kind`: segmented, cards, search; otherwise chosen by the widget."""
    return bound_fields.described(bound, kind, label, hint, wide)


@register.inclusion_tag("_components/form_fields.html")
def form_fields(form: forms.BaseForm) -> dict[str, Any]:
    """Hidden and visible fields of the form, in its order. The errors' summary belongs above the page's H1."""
    return {"form": form}


@register.inclusion_tag("_components/form.html", takes_context=True)
def form_page(context: Context, form: forms.BaseForm, submit: str, **options: str) -> dict[str, Any]:
    """A whole form that posts. Options: action, cancel_url, cancel (its words), id."""
    return {"csrf_token": context.get("csrf_token"), "form": form, "submit": submit, **options}


@register.inclusion_tag("_components/error_summary.html")
def error_summary(
    *subjects: forms.BaseForm | BaseFormSet | None, title: str = "", focus: bool = True
) -> dict[str, Any]:
    """有 N 处要改: every error in the field's own words, each a link to its field. Nothing if all is well.

    It takes the focus when the page opens, unless it is only one of several things on it (`focus=False`).
    """
    problems = bound_fields.problems_of(subject for subject in subjects if subject is not None)
    fields = [problem for problem in problems if problem["target"]]
    words = f"有 {len(problems)} 处要改" if fields else "这一步还没有办成"
    return {"problems": problems, "title": title or words, "focus": focus}


@register.simple_block_tag(takes_context=True)
def confirm(context: Context, content: str, words: str, title: str, action: str = "", **options: Any) -> str:
    """A button for an act that cannot be taken back, and the question it asks first; the body names the consequence.

    Options: kind (btn-primary, btn, btn-del), cancel, icon, name and value (of the button), open (ask at once, after
    an error). It is a form of its own, so it may not stand inside another. Without scripts it unfolds in place.
    """
    given = {"kind": "btn-primary", "cancel": "再看看", "words": words, "title": title, "action": action, **options}
    return render_to_string("_components/confirm.html", {**given, "body": content, "token": context.get("csrf_token")})


@register.simple_block_tag
def note(content: str, kind: str = "", symbol: str = "") -> str:
    """Information about the page (rights, network, reconsideration); kind "", ok, warn or bad."""
    shown = icon(symbol or NOTE_ICONS[kind])
    return format_html('<div class="{}">{}<div>{}</div></div>', f"fh-note {kind}".strip(), shown, content)


# ---- lists ----


@register.inclusion_tag("_components/steps.html")
def steps(labels: Sequence[str | Mapping[str, str]], current: int, name: str = "步骤") -> dict[str, Any]:
    """A fixed order done over days or in a wizard; `current` counts from 1, everything before it is done."""
    rows = [label if isinstance(label, Mapping) else {"label": label} for label in labels]
    return {"steps": rows, "current": current, "name": name, "total": len(rows)}


@register.inclusion_tag("_components/pager.html")
def pager(previous_url: str | None = "", next_url: str | None = "", note: str = "") -> dict[str, Any]:
    """上一页 and 下一页 of a list read by key; an empty address is the end of the list."""
    return {"previous_url": previous_url, "next_url": next_url, "note": note}


@register.inclusion_tag("_components/column.html")
def column(label: str, url: str, direction: str = "", number: bool = False) -> dict[str, Any]:
    """A table head whose link sorts; direction is ascending, descending or "" when sorted by something else."""
    return {"label": label, "url": url, "direction": direction, "number": number}


# ---- filters ----


def _day(value: date | datetime) -> date:
    return dates.local_day(value) if isinstance(value, datetime) else value


@register.filter
def day(value: date | datetime | None) -> str:
    """2026-11-20, for tables; an aware time gives its day in Shanghai; empty gives –."""
    return f"{_day(value):%Y-%m-%d}" if value else "–"


@register.filter
def short_day(value: date | datetime | None) -> str:
    """11-20, where the year is plain from the page; empty gives –."""
    return f"{_day(value):%m-%d}" if value else "–"


@register.filter
def day_text(value: date | datetime | None, today: date | None = None) -> str:
    """11月20日, for sentences; given `today`, a day of another year carries its year."""
    if not value:
        return "–"
    shown = _day(value)
    year = f"{shown.year}年" if today and today.year != shown.year else ""
    return f"{year}{shown.month}月{shown.day}日"


@register.filter
def meeting_time(value: datetime | None) -> str:
    """11月26日（周四）15:30; empty gives –."""
    return dates.meeting_time(value) if value else "–"


@register.filter
def days_left(value: date | datetime | None, today: date) -> str:
    """“逾期 8 天”, “今天到期” or “还有 20 天”, seen from `today`; empty gives –."""
    return dates.days_left_text(_day(value), today) if value else "–"


@register.filter
def dash(value: Any) -> Any:
    """– for nothing (None or an empty text); 0 stays 0."""
    return "–" if value is None or value == "" else value


@register.filter
def mask_phone(value: str | None) -> str:
    """138****5678; empty gives –."""
    return text.mask_phone(value) if value else "–"
