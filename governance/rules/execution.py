"""What becomes of a decision (任务化)."""

from governance.rules.facts import TaskFacts
from governance.rules.findings import Verdict, failed, not_applicable, passed
from governance.rules.reference import RuleInForce
from governance.rules.registry import item_rule
from governance.rules.situation import ItemSituation, blank


@item_rule("R-E01")
def adopted_items_become_tasks(item: ItemSituation, law: RuleInForce) -> Verdict:
    """通过的议题须转为任务：目标任务、推进措施、完成时限、责任主体“四明确”."""
    if not item.adopted:
        return not_applicable("议题没有通过或原则通过，不须转为任务。")
    tasks = item.facts.tasks
    if not tasks:
        return failed("议题已通过，还没有会后任务。", "建立至少一项会后任务，写明目标、措施、时限和责任人。", tasks=0)
    incomplete = sum(not _complete(task) for task in tasks)
    if not incomplete:
        return passed(f"已转为{len(tasks)}项会后任务，四明确齐全。", tasks=len(tasks), incomplete=0)
    return failed(
        f"{len(tasks)}项会后任务中有{incomplete}项缺目标、措施、时限或责任人。",
        "补齐目标、措施、时限和责任人。",
        tasks=len(tasks),
        incomplete=incomplete,
    )


def _complete(task: TaskFacts) -> bool:
    return task.due_on is not None and not (blank(task.goal) or blank(task.measures) or blank(task.owner))
