"""Every change of a project, its reviews, results and cases."""

from projects.services.advising import advise_flagship, check_flagship
from projects.services.awarding import (
    AwardInput,
    add_certificate,
    edit_award,
    register_award,
    remove_award,
    verify_award,
)
from projects.services.collecting import (
    CaseInput,
    attach_to_case,
    detach_from_case,
    edit_case,
    enter_case,
    publish_case,
    withdraw_case,
)
from projects.services.drafting import (
    FlagshipInput,
    MemberInput,
    MilestoneInput,
    discard_flagship,
    draft_flagship,
    edit_flagship,
)
from projects.services.filing import attach_to_flagship, detach_from_flagship, record_export
from projects.services.reporting import decide_change, request_change, submit_report
from projects.services.reviewing import assign_reviewer, decline_review, submit_review, withdraw_review
from projects.services.steps import (
    apply_at_once,
    apply_flagship,
    conclude_flagship,
    extend_flagship,
    list_flagship,
    mid_check_flagship,
    return_flagship,
    start_flagship,
    terminate_flagship,
)

__all__ = [
    "AwardInput",
    "CaseInput",
    "FlagshipInput",
    "MemberInput",
    "MilestoneInput",
    "add_certificate",
    "advise_flagship",
    "apply_at_once",
    "apply_flagship",
    "assign_reviewer",
    "attach_to_case",
    "attach_to_flagship",
    "check_flagship",
    "conclude_flagship",
    "decide_change",
    "decline_review",
    "detach_from_case",
    "detach_from_flagship",
    "discard_flagship",
    "draft_flagship",
    "edit_award",
    "edit_case",
    "edit_flagship",
    "enter_case",
    "extend_flagship",
    "list_flagship",
    "mid_check_flagship",
    "publish_case",
    "record_export",
    "register_award",
    "remove_award",
    "request_change",
    "return_flagship",
    "start_flagship",
    "submit_report",
    "submit_review",
    "terminate_flagship",
    "verify_award",
    "withdraw_case",
    "withdraw_review",
]
