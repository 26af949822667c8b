"""Facts about schools and people."""

from audit.registry import EventKind, register


def register_kinds() -> None:
    """Roster, appointments, clients."""
    register(
        EventKind("schools.school.entered", "学校登记"),
        EventKind("schools.school.changed", "学校资料变更"),
        EventKind("schools.school.applying", "首次自荐试点"),
        EventKind("schools.school.approved", "批准为试点学校"),
        EventKind("schools.school.implementing", "开始试点实施"),
        EventKind("schools.school.implemented", "登记全面实施"),
        EventKind("schools.person.added", "人员登记"),
        EventKind("schools.appointment.made", "任职登记"),
        EventKind("schools.appointment.ended", "任职结束"),
        EventKind("schools.roster.checked", "名册核对"),
        EventKind("schools.roster.imported", "名册导入"),
        EventKind("schools.register.exported", "学校名册导出"),
        EventKind("schools.accounts.exported", "账号列表导出"),
        EventKind("schools.client.created", "接口方登记"),
    )
