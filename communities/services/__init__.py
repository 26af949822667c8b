"""Everything that changes a community."""

from communities.services.agreements import (
    add_agreement_text,
    end_agreement,
    found_community,
    give_consent,
    propose_terms,
    renew_agreement,
    sign_agreement,
)
from communities.services.bookings import book, cancel_booking, refuse_match
from communities.services.entries import (
    DemandInput,
    PeriodInput,
    ResourceInput,
    add_demand,
    add_resource,
    edit_demand,
    edit_resource,
    withdraw_entry,
)
from communities.services.exports import record_export
from communities.services.members import join, leave
from communities.services.work import (
    ActivityInput,
    ProjectInput,
    add_project,
    conclude_project,
    edit_activity,
    edit_project,
    plan_project,
    record_activity,
)

__all__ = [
    "ActivityInput",
    "DemandInput",
    "PeriodInput",
    "ProjectInput",
    "ResourceInput",
    "add_agreement_text",
    "add_demand",
    "add_project",
    "add_resource",
    "book",
    "cancel_booking",
    "conclude_project",
    "edit_activity",
    "edit_demand",
    "edit_project",
    "edit_resource",
    "end_agreement",
    "found_community",
    "give_consent",
    "join",
    "leave",
    "plan_project",
    "propose_terms",
    "record_activity",
    "record_export",
    "refuse_match",
    "renew_agreement",
    "sign_agreement",
    "withdraw_entry",
]
