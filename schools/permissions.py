"""权限表: who may do what. The one table behind pages, API, guardian's rows and the printed page (roles_and_states.md §1)."""

from dataclasses import dataclass

from django.db import models


class Post(models.TextChoices):
    """职务. Codes of school posts are those of contract/rule-check.md."""

    SECRETARY = "secretary", "书记"
    PRINCIPAL = "principal", "校长"
    DEPUTY_SECRETARY = "deputy_secretary", "副书记"
    COMMITTEE_MEMBER = "committee_member", "委员"
    VICE_PRINCIPAL = "vice_principal", "副校长"
    ADMIN_TEAM_MEMBER = "admin_team_member", "行政班子成员"
    CLERK = "clerk", "党政办"
    OFFICE = "office", "教办"
    ORGANISER = "organiser", "组织科"
    SUPERVISOR = "supervisor", "督导"
    LEADER = "leader", "局领导"
    REVIEWER = "reviewer", "评审专家"
    SYSTEM_ADMIN = "system_admin", "系统管理员"
    SECURITY_ADMIN = "security_admin", "安全管理员"
    AUDITOR = "auditor", "审计管理员"


SCHOOL_POSTS = frozenset(
    {
        Post.SECRETARY,
        Post.PRINCIPAL,
        Post.DEPUTY_SECRETARY,
        Post.COMMITTEE_MEMBER,
        Post.VICE_PRINCIPAL,
        Post.ADMIN_TEAM_MEMBER,
        Post.CLERK,
    }
)
OFFICE_POSTS = frozenset({Post.OFFICE})
BUREAU_POSTS = frozenset({Post.ORGANISER, Post.SUPERVISOR, Post.LEADER})
REVIEWER_POSTS = frozenset({Post.REVIEWER})  # no right at any school: a reviewer sees what is assigned to him
SYSTEM_POSTS = frozenset({Post.SYSTEM_ADMIN, Post.SECURITY_ADMIN, Post.AUDITOR})
GRANTED_POSTS = OFFICE_POSTS | BUREAU_POSTS | REVIEWER_POSTS | SYSTEM_POSTS  # by 安全管理员
LEADERSHIP_POSTS = SCHOOL_POSTS - {Post.CLERK}


class Body(models.TextChoices):
    """The two meetings (两会)."""

    PARTY = "party", "党组织会议"
    PRINCIPAL = "principal", "校长办公会议"


# Members due (应到) are drawn from these posts: R-A01 (committee members vote) and R-A03 (administrative team).
BODY_POSTS: dict[str, frozenset[Post]] = {
    Body.PARTY: frozenset({Post.SECRETARY, Post.DEPUTY_SECRETARY, Post.COMMITTEE_MEMBER}),
    Body.PRINCIPAL: frozenset({Post.PRINCIPAL, Post.VICE_PRINCIPAL, Post.ADMIN_TEAM_MEMBER}),
}
HEAD_POST: dict[str, Post] = {Body.PARTY: Post.SECRETARY, Body.PRINCIPAL: Post.PRINCIPAL}


class SchoolPerm(models.TextChoices):
    """Permissions. `view_own_meetings` is the ◐ of `view_meetings`: guardian needs a name of its own for it."""

    VIEW_SCHOOL = "view_school", "看学校档案、任务、方案"
    VIEW_MEETINGS = "view_meetings", "看会议、纪要、决议"
    VIEW_OWN_MEETINGS = "view_own_meetings", "看本人参加的会议"
    VIEW_RESTRICTED = "view_restricted", "看限定人员议题"
    PROPOSE_TOPIC = "propose_topic", "提出议题"
    RECORD_MINUTES = "record_minutes", "建会、记录、送签"
    CONFIRM_AGENDA = "confirm_agenda", "审定议程"
    CONFIRM_RECORD = "confirm_record", "确认本人表态"
    SIGN_MINUTES = "sign_minutes", "签发纪要"
    WAIVE_RULE = "waive_rule", "写明理由后放行"
    ASSIGN_TASK = "assign_task", "建任务、改时限、终止"
    WORK_TASK = "work_task", "登记进展、传佐证、标为完成"
    CONFIRM_CLOSING = "confirm_closing", "确认销号、退回补充"
    EDIT_PLAN = "edit_plan", "编一校一案、申报、项目"
    SUBMIT_PLAN = "submit_plan", "报送方案、学校自荐、申报项目"
    RECOMMEND = "recommend", "教办推荐"
    REVIEW = "review", "局级审核、立项、评估"
    SUPERVISE = "supervise", "督办、催办、看放行清单"
    ISSUE_REFERENCE = "issue_reference", "发布目录、规则、示范文本、通知"
    MANAGE_ROSTER = "manage_roster", "导入名册、改学校资料"
    APPOINT_LEADERS = "appoint_leaders", "登记班子任职"
    APPOINT_CLERK = "appoint_clerk", "登记党政办人员"
    MANAGE_ACCOUNTS = "manage_accounts", "建账号、解锁、重置密码"
    GRANT_BUREAU_POSTS = "grant_bureau_posts", "授局、教办、系统职务"
    READ_AUDIT = "read_audit", "查日志、验哈希链"


@dataclass(frozen=True)
class Grant:
    """One cell of the table. `own`: ◐, only what is the person's own; `note`: number of the footnote."""

    own: bool = False
    note: str = ""


ALL = Grant()


def own(note: str = "") -> Grant:
    """A ◐ cell."""
    return Grant(own=True, note=note)


def noted(note: str) -> Grant:
    """A ● cell with a footnote."""
    return Grant(note=note)


P = Post
_TEAM = (P.DEPUTY_SECRETARY, P.COMMITTEE_MEMBER, P.VICE_PRINCIPAL, P.ADMIN_TEAM_MEMBER)
_SCHOOL = (P.SECRETARY, P.PRINCIPAL, *_TEAM, P.CLERK)
_BUREAU = (P.ORGANISER, P.SUPERVISOR, P.LEADER)

TABLE: dict[SchoolPerm, dict[Post, Grant]] = {
    SchoolPerm.VIEW_SCHOOL: dict.fromkeys((*_SCHOOL, P.OFFICE, *_BUREAU), ALL),
    SchoolPerm.VIEW_MEETINGS: {
        **dict.fromkeys((P.SECRETARY, P.PRINCIPAL, P.CLERK), ALL),
        **dict.fromkeys(_TEAM, own("1")),
        **dict.fromkeys(_BUREAU, noted("2")),
    },
    SchoolPerm.VIEW_RESTRICTED: dict.fromkeys((*_SCHOOL, P.ORGANISER, P.LEADER), own("3")),
    SchoolPerm.PROPOSE_TOPIC: {**dict.fromkeys((P.SECRETARY, P.PRINCIPAL, *_TEAM), ALL), P.CLERK: noted("4")},
    SchoolPerm.RECORD_MINUTES: dict.fromkeys((P.SECRETARY, P.PRINCIPAL, P.CLERK), ALL),
    SchoolPerm.CONFIRM_AGENDA: dict.fromkeys((P.SECRETARY, P.PRINCIPAL), own("5")),
    SchoolPerm.CONFIRM_RECORD: dict.fromkeys(_SCHOOL, own()),
    SchoolPerm.SIGN_MINUTES: {
        **dict.fromkeys((P.SECRETARY, P.PRINCIPAL), own("5")),
        **dict.fromkeys((P.VICE_PRINCIPAL, P.ADMIN_TEAM_MEMBER), own("6")),
    },
    SchoolPerm.WAIVE_RULE: dict.fromkeys((P.SECRETARY, P.PRINCIPAL), own("5")),
    SchoolPerm.ASSIGN_TASK: {
        P.SECRETARY: ALL,
        P.PRINCIPAL: ALL,
        P.CLERK: noted("7"),
        P.ORGANISER: noted("8"),
    },
    SchoolPerm.WORK_TASK: dict.fromkeys((*_SCHOOL, P.OFFICE, P.ORGANISER), own()),
    SchoolPerm.CONFIRM_CLOSING: {
        **dict.fromkeys((P.SECRETARY, P.PRINCIPAL, P.DEPUTY_SECRETARY), noted("9")),
        P.ORGANISER: noted("8,9"),
    },
    SchoolPerm.EDIT_PLAN: dict.fromkeys((P.SECRETARY, P.PRINCIPAL, P.CLERK), ALL),
    SchoolPerm.SUBMIT_PLAN: {P.SECRETARY: ALL},
    SchoolPerm.RECOMMEND: {P.OFFICE: ALL},
    SchoolPerm.REVIEW: {P.ORGANISER: ALL},
    SchoolPerm.SUPERVISE: dict.fromkeys((P.OFFICE, P.ORGANISER, P.SUPERVISOR), ALL),
    SchoolPerm.ISSUE_REFERENCE: {P.ORGANISER: ALL},
    SchoolPerm.MANAGE_ROSTER: {P.ORGANISER: ALL},
    SchoolPerm.APPOINT_LEADERS: {P.ORGANISER: ALL},
    SchoolPerm.APPOINT_CLERK: dict.fromkeys((P.SECRETARY, P.ORGANISER), ALL),
    SchoolPerm.MANAGE_ACCOUNTS: {P.SYSTEM_ADMIN: ALL},
    SchoolPerm.GRANT_BUREAU_POSTS: {P.SECURITY_ADMIN: ALL},
    SchoolPerm.READ_AUDIT: {P.AUDITOR: ALL},
}

FOOTNOTES = {
    "1": "会议成员看本会的会议，列席人员看列席的议题",
    "2": "局里每次打开纪要都会留痕，学校看得到",
    "3": "只有议题上列名的人",
    "4": "代班子成员填报，班子成员为提出人",
    "5": "书记管党组织会议，校长管校长办公会议；按“送签”的人不能签发。R-Q01、R-Q02、R-Q03、R-V06、R-V12、R-A06 不能放行",
    "6": "受委托主持校长办公会议的人（R-M03）",
    "7": "可录入；书记或校长签发后任务才算数",
    "8": "局里交办的任务",
    "9": "不是责任人，也不是标为完成的人。书记是责任人的由校长确认；书记校长一人担任的由副书记确认，没有副书记的由组织科确认",
}


def grants_of(post: str) -> dict[SchoolPerm, Grant]:
    """The column of that post."""
    return {perm: cells[Post(post)] for perm, cells in TABLE.items() if Post(post) in cells}


def codenames_of(post: str) -> list[str]:
    """What the guardian group of that post holds: `view_own_meetings` stands for the ◐ of `view_meetings`."""
    names = []
    for perm, grant in grants_of(post).items():
        split = perm is SchoolPerm.VIEW_MEETINGS and grant.own
        names.append(str(SchoolPerm.VIEW_OWN_MEETINGS if split else perm))
    return names
