"""Schools, offices, people and appointments."""

from schools.models.appointments import Appointment
from schools.models.clients import ApiClient
from schools.models.offices import Office
from schools.models.people import Person
from schools.models.roster import RosterUpload
from schools.models.schools import (
    Foundation,
    LeadershipMode,
    Location,
    PartyOrganisation,
    PartyOrgType,
    PilotStatus,
    School,
    SchoolGroupObjectPermission,
    Size,
    Stage,
)

__all__ = [
    "ApiClient",
    "Appointment",
    "Foundation",
    "LeadershipMode",
    "Location",
    "Office",
    "PartyOrgType",
    "PartyOrganisation",
    "Person",
    "PilotStatus",
    "RosterUpload",
    "School",
    "SchoolGroupObjectPermission",
    "Size",
    "Stage",
]
