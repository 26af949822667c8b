"""Navigation by the five strands (五强五全): what an account finds in the side bar and in the tabs of a phone.

Only what exists and what the account may open is listed. Everything follows from the rights of the day, which were
read already; nothing here asks the database.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.urls import reverse

from accounts.models import User
from governance.binning import sees_bin
from governance.declaring import sees_declarations
from governance.ledgers import sees_waivers
from governance.lists import sight_of
from schools import access
from schools.models import Appointment, School
from schools.permissions import BUREAU_POSTS, OFFICE_POSTS, SYSTEM_POSTS, Body, Post, SchoolPerm
from schools.services.roster import may_import

ROSTER = frozenset({"roster", "roster-template", "roster-check", "roster-faults", "roster-recheck", "roster-confirm"})
ACCOUNTS = frozenset({"accounts", "account", "account-new", "account-reset", "account-act"})
MATTERS = frozenset(
    {"matters", "matter", "catalogues", "catalogue", "catalogue-matter", "catalogue-differences", "catalogue-issue"}
)
DECISIONS = frozenset({"decisions", "decision"})
TOPICS = frozenset(
    {
        *("topics", "topic-new", "topic", "topic-edit", "topic-action", "topic-templates", "topic-chain"),
        *("topic-files", "topic-assign", "topic-keep", "topic-schedule"),
    }
)
TALKS, WAIVERS = frozenset({"talks", "talk"}), frozenset({"waivers"})
DECLARATIONS = frozenset({"declarations", "declaration", "declaration-mine"})
RULES = frozenset({"rules", "rule", "rules-draft", "rules-draft-rule", "rules-draft-issue", "replay"})
PROCEDURES = frozenset(
    {
        *("procedures", "school-rules", "school-rules-draft", "school-rules-stricter", "school-rules-adopt"),
        *("school-rules-version", "school-limits", "model-texts", "model-text", "model-text-issue"),
    }
)
ARCHIVE = frozenset({"archive", "collection", "bin"})
SELECTION = frozenset(
    {
        *("applications", "applications-decide", "application", "application-edit", "application-implement"),
        *("batches", "batch", "batch-new", "batch-edit"),
    }
)
POLICIES = frozenset(
    {
        *("policies", "policy", "policy-new", "policy-edit", "policy-publish", "policy-sign", "policy-discard"),
        *("receipts", "receipts-mine", "policy-remind"),
    }
)
PLANS = frozenset(
    {
        *("plans", "plan", "plan-of-school", "plan-edit", "plan-files", "plan-annotate", "plan-review", "plan-compare"),
        *("plan-action", "plan-rows", "annotation-settle"),
        *("rows-import", "rows-confirm", "templates-take", "template-take", "row-save", "row-add"),
    }
)
TEMPLATES = frozenset({"templates", "template", "template-new", "template-edit"})
FOUNDATIONS = frozenset({"foundation-matrix", "foundations", "foundation-register", "foundation-peers"})
EVALUATIONS = frozenset({"evaluations", "evaluation"})
CASES = frozenset({"cases", "case", "case-new", "case-edit"})
AWARDS = frozenset({"awards", "award-edit", "award-remove"})
REVIEWS = frozenset({"reviews", "review"})
FINDINGS = frozenset({"findings", "findings-list", "findings-meetings"})


@dataclass(frozen=True)
class Person:
    """Whom the shell is for, as far as the rights of the day tell."""

    user: User
    appointments: list[Appointment]
    schools: list[School]  # those he holds a post of, each once

    @property
    def posts(self) -> set[str]:
        """Codes of the posts held today."""
        return {appointment.post for appointment in self.appointments}

    @property
    def school(self) -> School | None:
        """The one school of somebody who works at one school only."""
        alone = len(self.schools) == 1 and not self.posts & (BUREAU_POSTS | OFFICE_POSTS)
        return self.schools[0] if alone else None

    @property
    def post_text(self) -> str:
        """“校长、委员”, “组织科”, “城东教办”."""
        words = [a.office.name if a.office else Post(a.post).label for a in self.appointments]
        return "、".join(dict.fromkeys(words))

    def is_system(self) -> bool:
        """One of the 三员, who reach no school."""
        return bool(self.posts & SYSTEM_POSTS)


def person_behind(user: User) -> Person:
    """The person behind the account; reads the rights of the day at most once a request."""
    held = access.rights_of(user).appointments
    return Person(user, held, list({a.school_id: a.school for a in held if a.school is not None}.values()))


@dataclass(frozen=True)
class Here:
    """The page that is being shown, as app and name of its route."""

    app: str = ""
    name: str = ""


@dataclass(frozen=True)
class Item:
    """One entry of the navigation. `shown_at` says on which pages it is the current one."""

    label: str
    url: str
    shown_at: Callable[[Here], bool]
    icon: str = ""
    numeral: str = ""
    sub: str = ""
    group: str = ""
    count: int | str = 0
    children: list["Item"] = field(default_factory=list)

    def at(self, here: Here) -> dict[str, Any]:
        """The entry as the shell's templates print it."""
        return {
            "label": self.label,
            "sub": self.sub,
            "url": self.url,
            "icon": self.icon,
            "numeral": self.numeral,
            "group": self.group,
            "count": self.count,
            "current": self.shown_at(here),
            "children": [child.at(here) for child in self.children],
        }


def _at(app: str, *names: str) -> Callable[[Here], bool]:
    return lambda here: here.app == app and (not names or here.name in names)


def _elsewhere_in(app: str, *names: str) -> Callable[[Here], bool]:
    return lambda here: here.app == app and here.name not in names


def side_of(person: Person, todo: int) -> list[Item]:
    """The side bar. `todo`: how many tasks wait for the person."""
    home = Item(
        "我的工作台" if person.school else "工作台", reverse("reports:home"), _at("reports", "home"), "layout-dashboard"
    )
    if person.is_system():
        return [home, *_system(person.user)]
    if not access.school_ids(person.user, SchoolPerm.VIEW_SCHOOL):
        return [home, *_reviews(person.user)]
    file = _school_file(person)
    if person.school:
        return [home, _tasks(person, todo), *_integration(person), *_meetings(person), file]
    return [home, file, _tasks(person, todo), *_integration(person), *_meetings(person), *_roster(person.user)]


def _school_file(person: Person) -> Item:
    shown = _elsewhere_in("schools", *ROSTER, *ACCOUNTS, "permissions", "posts", "appointment-end")
    if person.school:
        return Item("本校档案", person.school.get_absolute_url(), shown, "school", group="本校")
    return Item("学校档案", reverse("schools:list"), shown, "school")


def _tasks(person: Person, todo: int) -> Item:
    """一: the strand 全领域试点推进."""
    mine, every = reverse("checklists:mine"), reverse("checklists:list")
    children = [Item("全部任务", every, _elsewhere_in("checklists", "mine"))]
    if person.schools:
        children.insert(0, Item("我的推进清单", mine, _at("checklists", "mine"), count=todo))
    children = [*_plans(person), *children, *_selection(person)]
    return Item(
        "试点推进", mine if person.schools else every, _in_rollout, "clipboard-check", "一", "推进清单、选点", count=todo,
        children=children,
    )  # fmt: skip


def _in_rollout(here: Here) -> bool:
    return here.app in ("checklists", "pilots")


def _plans(person: Person) -> list[Item]:
    """一校一案 with the five works and evaluations: of a school its own."""
    school = person.school
    plan = reverse("pilots:plan-of-school", args=[school.code]) if school else reverse("pilots:plans")
    works = reverse("pilots:foundations", args=[school.code]) if school else reverse("pilots:foundation-matrix")
    return [
        Item("一校一案", plan, _at("pilots", *PLANS)),
        Item("五项工程" if school else "五项工程一览", works, _at("pilots", *FOUNDATIONS)),
        Item("实施评估", reverse("pilots:evaluations"), _at("pilots", *EVALUATIONS)),
        *([] if school else [Item("清单模板", reverse("pilots:templates"), _at("pilots", *TEMPLATES))]),
    ]


def _selection(person: Person) -> list[Item]:
    """选点、覆盖率、文件: of a school its own application."""
    if person.school:
        application = Item(
            "试点申报", reverse("pilots:application", args=[person.school.code]), _at("pilots", *SELECTION)
        )
    else:
        application = Item("选点与批次", reverse("pilots:applications"), _at("pilots", *SELECTION))
    return [
        application,
        Item("覆盖率", reverse("pilots:coverage"), _at("pilots", "coverage", "coverage-schools")),
        Item("文件与签收", reverse("pilots:policies"), _at("pilots", *POLICIES)),
    ]


def _integration(person: Person) -> list[Item]:
    """二: the strand 全方位融合发展; each app adds its children."""
    children = [
        *_flagships(person),
        Item("党建共同体", reverse("communities:communities"), _at("communities")),
    ]
    return [
        Item(
            "融合发展", children[0].url, lambda here: here.app in ("projects", "communities"), "award", "二", "领雁项目、党建共同体",
            children=children,
        )
    ]  # fmt: skip


def _flagships(person: Person) -> list[Item]:
    """书记领雁项目, its results and cases, and for an expert who is somebody's colleague as well his reviews."""
    return [
        Item("书记领雁项目", reverse("projects:flagships"), _elsewhere_in("projects", *AWARDS, *CASES, *REVIEWS)),
        Item("成果台账", reverse("projects:awards"), _at("projects", *AWARDS)),
        Item("案例库", reverse("projects:cases"), _at("projects", *CASES)),
        *_reviews(person.user),
    ]


def _reviews(user: User) -> list[Item]:
    """项目评审 for experts."""
    if not access.holds_post(user, Post.REVIEWER):
        return []
    return [Item("项目评审", reverse("projects:reviews"), _at("projects", *REVIEWS), "list-check")]


def _meetings_or_findings(here: Here) -> bool:
    return here.app == "governance" or (here.app == "reports" and here.name in FINDINGS)


def _meetings(person: Person) -> list[Item]:
    """三: for those who may see meetings; the matters alone are no strand."""
    user = person.user
    if not sight_of(user):
        return []
    meetings = reverse("governance:meetings")
    children = [
        Item(
            "会议",
            meetings,
            _elsewhere_in(
                "governance",
                *MATTERS,
                *RULES,
                *PROCEDURES,
                *DECISIONS,
                *TALKS,
                *WAIVERS,
                *TOPICS,
                *DECLARATIONS,
                *ARCHIVE,
            ),
        ),
        Item("议题", reverse("governance:topics"), _at("governance", *TOPICS)),
        Item("决议", reverse("governance:decisions"), _at("governance", *DECISIONS)),
        *_ledgers(user),
        *_archive(user),
        Item("议事目录 25/20", reverse("governance:matters"), _at("governance", *MATTERS)),
        Item("议事规则", _procedures_of(person), _at("governance", *PROCEDURES)),
        Item("程序规则", reverse("governance:rules"), _at("governance", *RULES)),
    ]
    if access.school_ids(user, SchoolPerm.VIEW_MEETINGS):
        children.append(Item("议事规范", reverse("reports:findings"), _at("reports", *FINDINGS)))
    return [
        Item(
            "闭环运行", meetings, _meetings_or_findings, "calendar-event", "三", "会议、决议、议事目录",
            children=children,
        )
    ]  # fmt: skip


def _procedures_of(person: Person) -> str:
    """The school's own rules of procedure; for others the table of all schools within sight."""
    if person.school:
        return reverse("governance:school-rules", args=[person.school.code, Body.PARTY.value])
    return reverse("governance:procedures")


def _ledgers(user: User) -> list[Item]:
    """书记校长沟通 for who sees meetings as a whole, 放行清单 for who supervises or may waive."""
    items = []
    if access.school_ids(user, SchoolPerm.VIEW_MEETINGS):
        items.append(Item("书记校长沟通", reverse("governance:talks"), _at("governance", *TALKS)))
    if sees_declarations(user):
        items.append(Item("利益关系申报", reverse("governance:declarations"), _at("governance", *DECLARATIONS)))
    if sees_waivers(user):
        items.append(Item("放行清单", reverse("governance:waivers"), _at("governance", *WAIVERS)))
    return items


def _archive(user: User) -> list[Item]:
    """归档与检查 for who sees meetings as a whole, 回收站 for who makes drafts."""
    items = []
    if access.school_ids(user, SchoolPerm.VIEW_MEETINGS):
        items.append(Item("归档与检查", reverse("governance:archive"), _at("governance", "archive", "collection")))
    if sees_bin(user):
        items.append(Item("回收站", reverse("governance:bin"), _at("governance", "bin")))
    return items


def _roster(user: User) -> list[Item]:
    if not may_import(user):
        return []
    return [Item("数据导入", reverse("schools:roster"), _at("schools", *ROSTER), "table-import", group="数据")]


def _system(user: User) -> list[Item]:
    """What the 三员 do, each only his own."""
    ways = [
        (SchoolPerm.MANAGE_ACCOUNTS, "账号", "schools:accounts", "users", _at("schools", *ACCOUNTS)),
        (
            SchoolPerm.GRANT_BUREAU_POSTS, "职务", "schools:posts", "user-check",
            _at("schools", "posts", "appointment-end"),
        ),
        (SchoolPerm.READ_AUDIT, "日志", "reports:audit", "history", _at("reports", "audit", "audit-verify")),
    ]  # fmt: skip
    return [
        Item(label, reverse(route), shown, icon, group="系统管理")
        for perm, label, route, icon, shown in ways
        if access.system_can(user, perm)
    ]


def tabs_of(person: Person, todo: int, unread: int | str) -> list[Item]:
    """The tabs at the foot of a phone: 清单, 会议, 提醒, 我的; for the 三员 their own page instead of the first two."""
    tabs = _system(person.user) if person.is_system() else []
    if not person.is_system() and access.school_ids(person.user, SchoolPerm.VIEW_SCHOOL):
        tasks = reverse("checklists:mine" if person.schools else "checklists:list")
        tabs = [Item("清单", tasks, _at("checklists"), "clipboard-check", count=todo)]
        if sight_of(person.user):
            tabs.append(Item("会议", reverse("governance:meetings"), _at("governance"), "calendar-event"))
    return [
        *tabs,
        Item("提醒", reverse("notifications:inbox"), _at("notifications"), "bell", count=unread),
        Item("我的", reverse("reports:me"), _at("reports", "me"), "user"),
    ]
