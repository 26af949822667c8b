"""States of a community's agreement as a table (roles_and_states.md §2)."""

from common.transitions import Machine, Transition
from communities.models import CommunityStatus
from schools.permissions import SchoolPerm

S = CommunityStatus
P = SchoolPerm

COMMUNITY = Machine(
    dict(CommunityStatus.choices),
    [
        Transition("sign", "登记签约", frozenset({S.DRAFT}), S.ACTIVE, P.SUBMIT_PLAN, "communities.agreement.signed"),
        Transition("renew", "续签", frozenset({S.ACTIVE}), S.ACTIVE, P.SUBMIT_PLAN, "communities.agreement.renewed"),
        Transition("join", "加入", frozenset({S.DRAFT, S.ACTIVE}), None, P.EDIT_PLAN, "communities.agreement.joined"),
        Transition(
            "leave", "退出", frozenset({S.DRAFT, S.ACTIVE}), None, P.SUBMIT_PLAN, "communities.agreement.left",
            needs_reason=True,
        ),
        Transition(
            "end", "终止协议", frozenset({S.ACTIVE}), S.ENDED, P.REVIEW, "communities.agreement.ended",
            needs_reason=True, irreversible=True,
        ),
    ],
)  # fmt: skip
