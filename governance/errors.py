"""Refusals of the meeting's services."""

from collections.abc import Sequence

from common.errors import WrongState
from governance.rules.findings import Result


class BreaksProcedure(WrongState):
    """Rules of severity block that failed or lack a fact stop the step; the findings say why and what to do.

    What is said of items whose words this person may not read is left out: `withheld` counts those items.
    """

    title = "不符合议事规则"

    def __init__(self, step: str, findings: Sequence[Result], withheld: int = 0) -> None:
        self.findings = tuple(findings)
        self.withheld = f"有 {withheld} 个限定人员议题不合规则，请知悉人查看。" if withheld else ""
        self.count = len(self.findings) + withheld
        said = " ".join(f"{finding.message}怎么办：{finding.remedy}" for finding in findings)
        super().__init__(f"有 {self.count} 处要先处理，才能{step}。{said}{self.withheld}")


class NotConfirmed(WrongState):
    """Members present have not said yet that they stand by the record, or one of them objects; the text names them."""

    title = "记录还没有确认完"
