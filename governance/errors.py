"""Refusals of the meeting's services."""

from collections.abc import Sequence

from common.errors import WrongState
from governance.rules.findings import Result


class BreaksProcedure(WrongState):
    """Rules of severity block that failed or lack a fact stop the step; the findings say why and what to do."""

    title = "不符合议事规则"

    def __init__(self, step: str, findings: Sequence[Result]) -> None:
        self.findings = tuple(findings)
        said = " ".join(f"{finding.message}怎么办：{finding.remedy}" for finding in findings)
        super().__init__(f"有 {len(findings)} 处要先处理，才能{step}。{said}")


class NotConfirmed(WrongState):
    """Members present have not said yet that they stand by the record, or one of them objects; the text names them."""

    title = "记录还没有确认完"
