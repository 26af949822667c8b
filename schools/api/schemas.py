"""Shapes of the answers, for the OpenAPI document; `tests/integration/test_api.py` holds the answers against them."""

from rest_framework import serializers

from schools.models import Foundation, LeadershipMode, Location, PartyOrgType, PilotStatus, Size, Stage


class HolderOut(serializers.Serializer):
    """Who holds a post, and since when."""

    name = serializers.CharField()
    since = serializers.DateField()


class PilotOut(serializers.Serializer):
    """Where the school stands in the pilot."""

    status = serializers.ChoiceField(PilotStatus.choices)
    batch = serializers.CharField(allow_null=True)
    implemented_on = serializers.DateField(allow_null=True)


class SchoolOut(serializers.Serializer):
    """学校."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    code = serializers.CharField()
    name = serializers.CharField()
    short_name = serializers.CharField()
    stage = serializers.ChoiceField(Stage.choices)
    office = serializers.CharField(allow_null=True, help_text="教办代码；直属学校为 null")
    township = serializers.CharField(allow_null=True)
    location = serializers.ChoiceField(Location.choices)
    size = serializers.ChoiceField(Size.choices)
    foundation = serializers.ChoiceField(Foundation.choices)
    students = serializers.IntegerField()
    staff = serializers.IntegerField()
    party_org_type = serializers.ChoiceField(PartyOrgType.choices)
    has_committee = serializers.BooleanField()
    leadership_mode = serializers.ChoiceField(LeadershipMode.choices)
    secretary = HolderOut(allow_null=True)
    principal = HolderOut(allow_null=True)
    pilot = PilotOut()


class OfficeOut(serializers.Serializer):
    """教办."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    code = serializers.CharField()
    name = serializers.CharField()
    schools = serializers.ListField(child=serializers.CharField(), help_text="学校代码")
