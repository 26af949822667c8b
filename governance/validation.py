"""Sense of a typed record before it is stored: what cannot be true is refused, all faults at once."""

from uuid import UUID

from common.errors import Fault
from governance.models import Attendance, Meeting, Method
from governance.record import ItemRecord, Record

PRESENT = Attendance.PRESENT


def record_faults(meeting: Meeting, new: Record, people: set[UUID]) -> list[Fault]:
    """Faults of the record: people not due, stances of absentees, votes above those present, outsiders as responsible."""
    due = {member.person_id: member.name for member in meeting.members.all()}
    items = {item.pk: item.order for item in meeting.items.all()}
    faults = _head_faults(new, due, people)
    if {entry.person for entry in new.members} != set(due):
        faults.append(Fault("members", "应到成员名单与会议当日的任职不一致，刷新页面再填"))
    if {entry.item for entry in new.items} != set(items):
        faults.append(Fault("items", "议题有增减，刷新页面再填"))
        return faults
    here = {entry.person for entry in new.members if entry.status == PRESENT}
    for entry in new.items:
        faults += _item_faults(entry, items[entry.item], due, here, people)
    return faults


def _head_faults(new: Record, due: dict[UUID, str], people: set[UUID]) -> list[Fault]:
    faults = []
    if new.chair is not None and new.chair not in due:
        faults.append(Fault("chair", "主持人要从应到成员里选"))
    if new.recorder is not None and new.recorder not in people:
        faults.append(Fault("recorder", "记录人要从本校当日在任的人里选"))
    if new.recorder is not None and new.recorder == new.chair:
        faults.append(Fault("recorder", "主持人不兼记录人，另选一位（R-A09）"))
    if len(new.delegation_note) > 300:
        faults.append(Fault("delegation_note", "委托主持说明写到 300 字以内"))
    return faults


def _item_faults(
    entry: ItemRecord, order: int, due: dict[UUID, str], here: set[UUID], people: set[UUID]
) -> list[Fault]:
    in_room = here - entry.left - entry.recused
    faults = _stance_faults(entry, order, due, in_room)
    faults += _written_faults(entry, order, list(due), in_room)
    if entry.votes is not None and sum(entry.votes) > len(in_room):
        said = f"第 {order} 项：票数合计 {sum(entry.votes)}，多于在场 {len(in_room)} 人。核对到会情况或票数"
        faults.append(Fault(f"items[{order - 1}].votes", said))
    for number, task in enumerate(entry.tasks, start=1):
        if task.responsible is not None and task.responsible not in people:
            where = f"items[{order - 1}].tasks[{number - 1}].responsible"
            faults.append(Fault(where, f"第 {order} 项任务 {number}：责任主体要从本校在任的人里选"))
    return faults


def _written_faults(entry: ItemRecord, order: int, due: list[UUID], in_room: set[UUID]) -> list[Fault]:
    """书面意见 come from members due who were not there for the item; they are not counted (R-A06)."""
    faults = []
    for person, text in entry.written:
        if person not in due:
            faults.append(Fault(f"items[{order - 1}].stances", f"第 {order} 项：书面意见只记应到成员的"))
            continue
        where = f"items[{order - 1}].stances[{due.index(person)}].written"
        if person in in_room:
            faults.append(Fault(where, f"第 {order} 项：这位成员在场，意见写进发言要点，不另记书面意见"))
        if len(text) > 500:
            faults.append(Fault(where, f"第 {order} 项：书面意见写到 500 字以内"))
    return faults


def _stance_faults(entry: ItemRecord, order: int, due: dict[UUID, str], in_room: set[UUID]) -> list[Fault]:
    where = f"items[{order - 1}].stances"
    if entry.method == Method.SECRET_BALLOT and entry.stances:
        return [Fault(where, f"第 {order} 项用无记名投票，只记票数，不记个人表态")]
    stated = [s.person for s in entry.stances]
    faults = [
        Fault(where, f"第 {order} 项：{due.get(person, '此人')}不在场，不能有表态。改到会情况，或去掉表态")
        for person in stated
        if person not in in_room
    ]
    if len(stated) != len(set(stated)):
        faults.append(Fault(where, f"第 {order} 项：每人只表态一次"))
    if len({s.seq for s in entry.stances}) != len(entry.stances):
        faults.append(Fault(where, f"第 {order} 项：发言次序有重复，重新排一下"))
    return faults
