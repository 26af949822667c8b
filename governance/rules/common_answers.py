"""Answers that several rules share."""

from governance.rules.findings import Verdict, insufficient, not_applicable
from governance.rules.situation import MeetingSituation

ONLY_PARTY = not_applicable("本条只适用于党组织会议。")
ONLY_PRINCIPAL = not_applicable("本条只适用于校长办公会议。")
NO_MATTER = not_applicable("议题还没有归入目录，本条暂不适用。")
COMBINED = not_applicable("书记、校长由一人担任，不须会前沟通。")
MODE_UNKNOWN = insufficient(
    "还不知道书记、校长是分设还是由一人担任。", "在学校资料中登记领导配备模式（分设或一人担任）。"
)
NOT_DECIDED = not_applicable("议题没有作出通过、原则通过或不通过的决定，本条不适用。")
NO_CHAIR = insufficient("还没有登记主持人。", "登记主持人。")


def attendance_unknown(meeting: MeetingSituation) -> Verdict:
    """Nobody can count yet: no members are due, or some have no attendance status."""
    if meeting.due == 0:
        return insufficient("还没有应到成员，无法核对人数。", "登记应到成员和到会情况。", due=0)
    return insufficient(
        f"应到{meeting.due}人，还有{meeting.unrecorded}人没有登记到会情况。",
        "逐人登记到会、请假或缺席。",
        due=meeting.due,
        unrecorded=meeting.unrecorded,
    )
