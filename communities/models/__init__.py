"""党建共同体: communities with their agreements, the three lists, bookings, joint work."""

from communities.models.community import (
    Agreement,
    Community,
    CommunityStatus,
    Consent,
    Membership,
    Purpose,
)
from communities.models.lists import Booking, Demand, Kind, Refusal, Resource, ResourcePeriod
from communities.models.work import Activity, JointProject, Way

__all__ = [
    "Activity",
    "Agreement",
    "Booking",
    "Community",
    "CommunityStatus",
    "Consent",
    "Demand",
    "JointProject",
    "Kind",
    "Membership",
    "Purpose",
    "Refusal",
    "Resource",
    "ResourcePeriod",
    "Way",
]
