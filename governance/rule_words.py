"""How a rule of procedure reads on a page: parameters and judgement in plain Chinese, its basis with honest marks."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from governance.models import NEVER_WAIVED, ClauseKind, Matter
from governance.rules.book import read_by_judges
from governance.rules.coverage import Coverage, Line, coverage
from governance.rules.findings import Severity
from governance.rules.further.registry import MONTHS, STORED
from governance.rules.load import DATA, SAFE_LOADER, read_rules

Rule = Mapping[str, Any]

OURS = "本平台建议"
SEVERITIES = {Severity.BLOCK.value: "拦截", Severity.WARN.value: "提醒", Severity.RECORD.value: "记录"}
SEVERITY_KINDS = {Severity.BLOCK.value: "bad", Severity.WARN.value: "warn", Severity.RECORD.value: "none"}
BODIES = {"party": "党组织会议", "principal": "校长办公会议", "both": "两会"}
OUTCOMES = {"pass": "符合", "fail": "不合规", "not_applicable": "不适用", "insufficient": "待补充", "waived": "已放行"}
LEGEND = (
    (OURS, "没有公开文件作依据，或只是背景知识、未核对原文，由区局决定用不用"),
    ("参照", "取自高校、党组等其他层级的文件或软件先例，不是对中小学的规定"),
    ("匿名范文", "取自没有署名的范文"),
    ("没有标注", "取自中央文件、党内法规、公办中小学公开的章程和制度，或来源文件"),
)
# What the letter of a rule's number stands for.
CHAPTERS = {
    "C": "召集、主持和会议形式",
    "Q": "到会人数",
    "A": "参会、请假和记录人",
    "T": "议题和会前程序",
    "V": "表态、表决和结论",
    "M": "会议记录、纪要和归档",
    "E": "任务、督办和报告",
    "F": "会议频次和沟通",
    "D": "减负、调整和例外",
}
_MARKS = {"analog": "参照", "template": "匿名范文"}
_OURS = frozenset({"recall", "design"})
_CODE = re.compile(r"(?<![-\w])[PA][0-9]{2}")  # the code of a matter, not the end of a rule's id (R-A06)
_PLACE = re.compile(r"\{(\w+)\}")


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Any]:
    content: dict[str, Any] = yaml.load((DATA / "rule-words.yaml").read_text("utf-8"), Loader=SAFE_LOADER)  # noqa: S506
    return content


@lru_cache(maxsize=1)
def _delivered() -> tuple[Mapping[str, Rule], Mapping[str, str]]:
    """The delivered rules by id, and what the file says of each level of evidence."""
    content = read_rules()
    levels = {level: punctuated(said) for level, said in content["evidence_levels"].items()}
    return {rule["id"]: rule for rule in content["rules"]}, levels


def punctuated(text: str) -> str:
    """Half-width commas, colons, semicolons and brackets of the file as a Chinese text has them."""
    return str(text).translate(_FULL_WIDTH)


_FULL_WIDTH = str.maketrans({",": "，", ":": "：", ";": "；", "(": "（", ")": "）"})


# ---- basis ----


def basis_lines(rule_id: str, basis: Iterable[Any]) -> list[str]:
    """The basis of a rule as lines: documents with their articles, marked for what they are.

    `basis` are entries with source and text, as results carry them. A rule that rests on recall or design names no document.
    """
    evidence = str(_delivered()[0].get(rule_id, {}).get("evidence", ""))
    if evidence in _OURS:
        return [OURS]
    return [_basis_line(evidence, *_entry(entry)) for entry in basis]


def _entry(entry: Any) -> tuple[str, str]:
    if isinstance(entry, Mapping):
        return str(entry["source"]), str(entry["text"])
    return str(entry.source), str(entry.text)


def _basis_line(evidence: str, source: str, title: str) -> str:
    if source == "DESIGN":
        return OURS
    mark = _MARKS.get(evidence, "")
    return f"{mark}：{punctuated(title)}" if mark else punctuated(title)


def basis_of(rule: Rule, titles: Mapping[str, str]) -> list[str]:
    """The same for a rule of a rule book, whose sources are ids."""
    return basis_lines(rule["id"], [{"source": key, "text": titles[key]} for key in rule["sources"]])


def note_of(rule: Rule, titles: Mapping[str, str]) -> str:
    """The note of a rule; the file names sources by their ids, the page by their titles."""
    text = rule.get("note") or ""
    return punctuated(_SOURCE.sub(lambda found: f"“{titles[found[0]]}”" if found[0] in titles else found[0], text))


_SOURCE = re.compile(r"(?<![A-Za-z0-9-])[A-Z][A-Z0-9]{1,7}(?![A-Za-z0-9])")


def evidence_note(rule: Rule) -> str:
    """What stands behind the rule, in words: 设计建议；背景知识，未核对原文 …"""
    return _delivered()[1][rule["evidence"]]


# ---- parameters ----


def label_of(name: str) -> str:
    """The words for a parameter's name."""
    return str(_words()["parameters"].get(name, name))


def value_words(value: Any) -> str:
    """A parameter's value in words: 是、3、三分之二以上、P16、P17 …"""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return "、".join(value_words(entry) for _, entry in sorted(value.items()))  # jsonb keeps no order
    if isinstance(value, list | tuple):
        return "、".join(value_words(entry) for entry in value) or "–"
    return punctuated(_words()["values"].get(value, value)) if isinstance(value, str) else str(value)


def parameters_of(rule: Rule) -> list[dict[str, Any]]:
    """Every parameter in words; `judged` tells whether the engine reads it."""
    reads = read_by_judges(rule["id"])
    return [
        {"name": name, "label": label_of(name), "value": value_words(value), "judged": name in reads}
        for name, value in rule["parameters"].items()
    ]


# ---- judgement ----


@dataclass(frozen=True)
class Judged:
    """How a rule is judged: when it does not apply, when something is missing, when it is met; or `said`, a shorter account.

    `subject`: what it is asked of (每次会议, 每个议题, 每校每月); `when`: at which moments.
    """

    subject: str
    when: str
    not_applicable: str = ""
    insufficient: str = ""
    met: str = ""
    said: str = ""


def judged(rule: Rule) -> Judged | None:
    """How the rule is judged, with the parameters of this version; None when nothing judges it."""
    line = class_of(rule["id"])
    if line.coverage is Coverage.ENGINE:
        row = _words()["judged"][rule["id"]]
        filled = {name: _filled(text, rule["parameters"]) for name, text in row.items()}
        return Judged(line.subject, "准备议题、记录、送签和签发时", filled["na"], filled["ins"], filled["ok"])
    if line.coverage is Coverage.RECORDS:
        when = "每月" if rule["id"] in MONTHS else "送签、签发时和以后"
        found = {**STORED, **MONTHS}[rule["id"]].judge.__doc__ or ""
        return Judged(line.subject, when, said=found.strip().rstrip(".。"))
    return None


def not_judged_because(rule_id: str) -> str:
    """Why nothing judges the rule; blank for those that are judged."""
    return class_of(rule_id).why


@lru_cache(maxsize=1)
def _classes() -> Mapping[str, Line]:
    return {line.id: line for line in coverage(read_rules())}


def class_of(rule_id: str) -> Line:
    """What becomes of a rule; ids never change their meaning, so it is the same in every version."""
    return _classes()[rule_id]


def _filled(text: str, parameters: Mapping[str, Any]) -> str:
    return _PLACE.sub(lambda found: _spaced(value_words(parameters.get(found[1], "–"))), text).strip()


def _spaced(words: str) -> str:
    """Numbers and codes stand apart from the characters around them, words do not."""
    return f" {words} " if words.isascii() or _CODE.match(words) else words


def kind_of(rule_id: str) -> ClauseKind:
    """What becomes of the rule: 系统核查, 系统登记 or 宣示条款."""
    return _KINDS[class_of(rule_id).coverage]


_KINDS = {
    Coverage.ENGINE: ClauseKind.JUDGED,
    Coverage.RECORDS: ClauseKind.JUDGED,
    Coverage.RECORDED: ClauseKind.RECORDED,
    Coverage.DECLARATORY: ClauseKind.DECLARATORY,
}


def may_be_waived(rule: Rule) -> bool:
    """Whether the head of the body may let it pass with a reason (放行). Six rules never are (R-D03)."""
    return rule["id"] not in NEVER_WAIVED and bool(rule["waivable"])


def is_in_use(rule: Rule) -> bool:
    """Whether this version uses the rule (R-D02)."""
    return bool(rule.get("in_use", True))


# ---- matters ----


def matters_of(rule: Rule, matters: Sequence[Matter]) -> list[Matter]:
    """The matters of the catalogue that the rule names, or that the catalogue marks for it."""
    named = set(_CODE.findall(str(rule["parameters"])))
    marked = _BY_CATALOGUE.get(_words()["matters"].get(rule["id"], ""), lambda matter: False)
    return [matter for matter in matters if matter.code in named or marked(matter)]


_BY_CATALOGUE = {
    "two_thirds": lambda matter: matter.attendance_level == "two_thirds",
    "deliberate": lambda matter: matter.nature == Matter.Nature.DELIBERATE,
    "fed": lambda matter: bool(matter.fed_by),
    "important": lambda matter: matter.important,
    "important_or_fed": lambda matter: matter.body == "party" and (matter.important or bool(matter.fed_by)),
}


# ---- differences ----


@dataclass(frozen=True)
class Change:
    """One thing of one rule that two versions say differently, in words."""

    rule: str
    label: str
    before: str
    after: str


def changes_of(before: Rule | None, after: Rule | None) -> list[Change]:
    """What differs between two versions of a rule; None is a version that does not have it."""
    if before is None or after is None:
        held = before or after
        return [] if held is None else [Change(held["id"], "规则", "有" if before else "–", "有" if after else "–")]
    left, right = _fields(before), _fields(after)
    return [
        Change(after["id"], label, left.get(label, "–"), right.get(label, "–"))
        for label in dict.fromkeys([*left, *right])
        if left.get(label) != right.get(label)
    ]


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """What differs between two rule books, in the order of the rules."""
    left, right = ({rule["id"]: rule for rule in book["rules"]} for book in (before, after))
    return [change for key in dict.fromkeys([*left, *right]) for change in changes_of(left.get(key), right.get(key))]


def _fields(rule: Rule) -> dict[str, str]:
    fields = {
        "启用": "是" if is_in_use(rule) else "否",
        "等级": SEVERITIES[rule["severity"]],
        "条文": punctuated(rule["statement"]),
        "说明": punctuated(rule.get("note") or "") or "–",
        "可以放行": "是" if may_be_waived(rule) else "否",
    }
    return fields | {label_of(name): value_words(value) for name, value in rule["parameters"].items()}
