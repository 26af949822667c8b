"""What follows from decisions (督办、复议)."""

from governance.rules.findings import Fact, Verdict, failed, not_applicable, passed
from governance.rules.further.registry import stored_item_rule
from governance.rules.further.situation import StoredItem
from governance.rules.reference import RuleInForce


@stored_item_rule("R-E02")
def tasks_of_decisions_are_done_in_time(item: StoredItem, law: RuleInForce) -> Verdict:
    """对会议决定事项催办督查，按期反馈，办结销号."""
    tasks = item.facts.tasks
    if not tasks:
        return not_applicable("议题还没有形成决议和任务。")
    today = item.meeting.facts.today
    overdue = [task for task in tasks if task.is_open and task.due_on < today]
    facts: dict[str, Fact] = {"tasks": len(tasks), "overdue": len(overdue), "today": today.isoformat()}
    if not overdue:
        return passed(f"决议的{len(tasks)}项任务没有逾期。", **facts)
    return failed(
        f"决议的{len(tasks)}项任务中有{len(overdue)}项逾期。", "督促责任人反馈进展，或调整时限并写明理由。", **facts
    )


@stored_item_rule("R-E04")
def only_the_same_body_reconsiders(item: StoredItem, law: RuleInForce) -> Verdict:
    """已决定事项如需变更，须按原决策程序由原会议复议."""
    original = item.facts.reconsiders
    if original is None:
        return not_applicable("议题不是复议。")
    held_on, decided_on = item.judged.meeting.held_on, original.decided_on
    same_body = original.body is item.judged.meeting.facts.body
    facts = {
        "original_body": original.body.value,
        "same_school": original.same_school,
        "decided_on": decided_on.isoformat(),
        "held_on": held_on.isoformat(),
    }
    wrong = [] if original.same_school else ["复议的不是本校的决议"]
    if not same_body:
        wrong.append("作出原决议的是另一个会议")
    if decided_on > held_on:
        wrong.append(f"原决议的日期{decided_on.isoformat()}在本次会议{held_on.isoformat()}之后")
    if not wrong:
        return passed(f"复议由作出原决议（{decided_on.isoformat()}）的会议进行。", **facts)
    return failed("，".join(wrong) + "。", "提交作出原决议的会议复议，并关联原决议。", **facts)
