"""What one entry of the catalogue (事项) may say, and what a whole catalogue has to be before it is issued. Pure checks."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from common.errors import Fault
from governance.rules.facts import Body
from governance.rules.reference import Nature

TITLE_MOST, SCOPE_MOST = 120, 1000
KEYWORDS_MOST, KEYWORD_MOST = 60, 20
HALF, TWO_THIRDS = "half", "two_thirds"
# 到会要求: level and strength as the delivered catalogue writes them, and no other pair.
ATTENDANCE = ((HALF, "half"), (TWO_THIRDS, "required"), (TWO_THIRDS, "recommended"))
REQUIREMENTS = ("required", "recommended", "conditional")
PRINCIPAL_FIRST, PARTY_NEXT = "principal_meeting", "party_meeting"


@dataclass(frozen=True)
class Entry:
    """One matter as the bureau edits it; code and body are fixed by the contract."""

    code: str
    body: str
    title: str
    scope: str
    nature: str
    important: bool
    attendance: tuple[str, str]
    prior_stages: tuple[tuple[str, str], ...] = ()
    next_stages: tuple[tuple[str, str], ...] = ()
    fed_by: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    keywords: tuple[str, ...] = field(default_factory=tuple)


def entry_faults(entry: Entry, *, bodies: Mapping[str, str], stages: Collection[str]) -> list[Fault]:
    """Faults of one entry at its fields. `bodies`: code → body of the whole version; `stages`: the steps the version knows."""
    return [
        *_text_faults(entry),
        *_kind_faults(entry),
        *_stage_faults("prior_stages", entry.prior_stages, stages),
        *_stage_faults("next_stages", entry.next_stages, stages),
        *_link_faults(entry, bodies),
        *_keyword_faults(entry.keywords),
    ]


def _text_faults(entry: Entry) -> Iterator[Fault]:
    for name, text, most, label in (
        ("title", entry.title, TITLE_MOST, "事项名称"),
        ("scope", entry.scope, SCOPE_MOST, "范围"),
    ):
        if not text.strip():
            yield Fault(name, f"写{label}")
        elif len(text) > most:
            yield Fault(name, f"{label}写到 {most} 字以内，现在 {len(text)} 字")


def _kind_faults(entry: Entry) -> Iterator[Fault]:
    if entry.nature not in tuple(Nature):
        yield Fault("nature", "从讨论决定、研究讨论里选")
    elif entry.body == Body.PARTY and entry.nature != Nature.DECIDE:
        yield Fault("nature", "党组织会议的事项是讨论决定；研究讨论只用于校长办公会议")
    if entry.attendance not in ATTENDANCE:
        yield Fault("attendance", "从半数以上、三分之二以上里选")
    elif entry.body == Body.PRINCIPAL and entry.attendance[0] == TWO_THIRDS:
        yield Fault("attendance", "校长办公会议只要求半数以上到会，改为半数以上")


def _stage_faults(name: str, chosen: Sequence[tuple[str, str]], known: Collection[str]) -> Iterator[Fault]:
    for stage, requirement in chosen:
        if stage not in known:
            yield Fault(name, f"目录里没有环节 {stage}，去掉这一项")
        elif requirement not in REQUIREMENTS:
            yield Fault(name, "环节的要求从必须、建议、视情况里选")
    for stage, times in Counter(stage for stage, _ in chosen).items():
        if times > 1:
            yield Fault(name, f"环节 {stage} 写了 {times} 次，留一次")


def _link_faults(entry: Entry, bodies: Mapping[str, str]) -> Iterator[Fault]:
    """党组织会议的事项只能来自校长办公会议的事项, and the other way round."""
    for name, codes, own, other in (
        ("fed_by", entry.fed_by, Body.PARTY, Body.PRINCIPAL),
        ("feeds", entry.feeds, Body.PRINCIPAL, Body.PARTY),
    ):
        if codes and entry.body != own:
            yield Fault(name, "只有党组织会议的事项写来自" if name == "fed_by" else "只有校长办公会议的事项写转往")
            continue
        for code in codes:
            if code not in bodies:
                yield Fault(name, f"目录里没有 {code}，去掉这一项")
            elif bodies[code] != other:
                where = "校长办公会议" if other is Body.PRINCIPAL else "党组织会议"
                yield Fault(name, f"{code} 不是{where}的事项，换一项")
        if len(set(codes)) < len(codes):
            yield Fault(name, "同一个事项写了两次，留一次")


def _keyword_faults(keywords: Sequence[str]) -> Iterator[Fault]:
    if len(keywords) > KEYWORDS_MOST:
        yield Fault("keywords", f"关键词最多 {KEYWORDS_MOST} 个，现在 {len(keywords)} 个")
    if long := [word for word in keywords if len(word) > KEYWORD_MOST]:
        yield Fault("keywords", f"每个关键词写到 {KEYWORD_MOST} 字以内：{long[0]}")
    if twice := [word for word, times in Counter(keywords).items() if times > 1]:
        yield Fault("keywords", f"关键词“{twice[0]}”写了两次，留一次")


def catalogue_faults(
    entries: Sequence[Entry], *, stages: Collection[str], codes: Collection[str]
) -> list[tuple[str, Fault]]:
    """Code and fault of everything that stops a version from being issued. `codes` are those of the version before: fixed."""
    bodies = {entry.code: entry.body for entry in entries}
    found = [(entry.code, fault) for entry in entries for fault in entry_faults(entry, bodies=bodies, stages=stages)]
    found += [(code, Fault("code", "编号由接口约定固定，不能增减")) for code in sorted(set(codes) ^ set(bodies))]
    by_code = {entry.code: entry for entry in entries}
    for entry in entries:
        for code in entry.fed_by:
            if code in by_code and entry.code not in by_code[code].feeds:
                found.append((entry.code, Fault("fed_by", f"写了来自 {code}，{code} 却没有写转往 {entry.code}")))
        for code in entry.feeds:
            if code in by_code and entry.code not in by_code[code].fed_by:
                found.append((entry.code, Fault("feeds", f"写了转往 {code}，{code} 却没有写来自 {entry.code}")))
    return found


def catalogue_notes(entries: Sequence[Entry]) -> list[tuple[str, str]]:
    """Code and sentence of what can be issued but should be looked at: parts of an entry that do not go together."""
    return [(entry.code, said) for entry in entries for said in _notes(entry)]


def _notes(entry: Entry) -> Iterator[str]:
    prior, after = {stage for stage, _ in entry.prior_stages}, {stage for stage, _ in entry.next_stages}
    if entry.body == Body.PRINCIPAL:
        deliberate = entry.nature == Nature.DELIBERATE
        if deliberate and not entry.feeds:
            yield "是研究讨论，还没有写转往党组织会议的哪一项"
        if not deliberate and entry.feeds:
            yield f"是讨论决定，却写了转往 {'、'.join(entry.feeds)}"
        if deliberate and PARTY_NEXT not in after:
            yield "是研究讨论，会后环节里没有“提交党组织会议讨论决定”"
    elif entry.fed_by and PRINCIPAL_FIRST not in prior:
        yield f"写了来自 {'、'.join(entry.fed_by)}，上会前环节里没有“校长办公会议先行研究”；规则 R-T08 仍会核查"
    if entry.important and entry.body == Body.PARTY and entry.attendance[0] != TWO_THIRDS:
        yield "是重要事项，到会要求却是半数以上"
    if not entry.important and entry.attendance[0] == TWO_THIRDS:
        yield "要求三分之二以上到会，却不是重要事项"


def split_of(entries: Sequence[Entry]) -> tuple[int, int]:
    """研究讨论 and 讨论决定 of the principal's meeting: 9 and 11 in the delivered version."""
    own = [entry.nature for entry in entries if entry.body == Body.PRINCIPAL]
    return own.count(Nature.DELIBERATE), own.count(Nature.DECIDE)
