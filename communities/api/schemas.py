"""What the resources of communities look like, for the OpenAPI document."""

from rest_framework import serializers

from communities.models import CommunityStatus, Kind, Purpose, Way


class AgreementOut(serializers.Serializer):
    """框架协议书: the latest signed version, or the proposed one while there is none."""

    number = serializers.IntegerField()
    starts_on = serializers.DateField()
    signed_on = serializers.DateField(allow_null=True)
    until = serializers.DateField()
    due_for_renewal = serializers.BooleanField(help_text="60 天内到期或已到期，还没有续签")
    expired = serializers.BooleanField()
    proposed_until = serializers.DateField(allow_null=True, help_text="已拟定、还没有登记的续签到哪一天")


class MembershipOut(serializers.Serializer):
    """A school in the community over time."""

    school = serializers.CharField()
    joined_on = serializers.DateField()
    left_on = serializers.DateField(allow_null=True, help_text="最后一天")


class UnmetOut(serializers.Serializer):
    """An open demand that is not wholly met, and why."""

    demand = serializers.UUIDField()
    school = serializers.CharField()
    title = serializers.CharField()
    missing = serializers.IntegerField()
    proposed = serializers.IntegerField(help_text="匹配建议能满足多少")
    reason = serializers.CharField()


class EntryOut(serializers.Serializer):
    """What entries of the three lists have in common."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    community = serializers.UUIDField()
    school = serializers.CharField()
    title = serializers.CharField()
    withdrawn_at = serializers.DateTimeField(allow_null=True)


class PeriodOut(serializers.Serializer):
    """开放时段."""

    id = serializers.UUIDField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    times = serializers.CharField(allow_blank=True)
    capacity = serializers.IntegerField()
    booked = serializers.IntegerField()


class ResourceOut(EntryOut):
    """资源."""

    kind = serializers.ChoiceField(Kind.choices)
    subject = serializers.CharField(allow_blank=True, help_text="空为不限学科（领域）")
    note = serializers.CharField(allow_blank=True)
    periods = PeriodOut(many=True)


class DemandOut(EntryOut):
    """需求."""

    kind = serializers.ChoiceField(Kind.choices)
    subject = serializers.CharField(allow_blank=True)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    amount = serializers.IntegerField()
    met = serializers.IntegerField(help_text="已预约落实多少")
    expectation = serializers.CharField(allow_blank=True)


class JointProjectOut(EntryOut):
    """共同体项目."""

    way = serializers.ChoiceField(Way.choices)
    responsible = serializers.CharField()
    schools = serializers.ListField(child=serializers.CharField(), help_text="参加学校")
    demands = serializers.ListField(child=serializers.UUIDField())
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    result = serializers.CharField(allow_blank=True)
    concluded_on = serializers.DateField(allow_null=True)


class CommunityOut(serializers.Serializer):
    """党建共同体."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    name = serializers.CharField()
    status = serializers.ChoiceField(CommunityStatus.choices)
    lead_school = serializers.CharField()
    members = serializers.ListField(child=serializers.CharField(), help_text="没有退出的成员校")
    memberships = MembershipOut(many=True)
    agreement = AgreementOut(allow_null=True)
    resources = ResourceOut(many=True)
    demands = DemandOut(many=True)
    projects = JointProjectOut(many=True)
    unmet_demands = UnmetOut(many=True)


class CommunityDetailOut(CommunityOut):
    """党建共同体 with what the caller may do next."""

    actions = serializers.ListField(child=serializers.CharField())


class CommunityIn(serializers.Serializer):
    """A new community."""

    name = serializers.CharField()
    lead_school = serializers.CharField()
    starts_on = serializers.DateField()
    until = serializers.DateField()
    aim = serializers.CharField(required=False)


class TermsIn(serializers.Serializer):
    """The dates of the proposed version; of a renewal only `until`."""

    starts_on = serializers.DateField(required=False)
    until = serializers.DateField()


class CommunityActionIn(serializers.Serializer):
    """What the steps take: sign and renew `signed_on`; join `schools`, `on`; leave `school`, `on`, `reason`; end `reason`."""

    signed_on = serializers.DateField(required=False)
    schools = serializers.ListField(child=serializers.CharField(), required=False)
    school = serializers.CharField(required=False)
    on = serializers.DateField(required=False)
    reason = serializers.CharField(required=False)


class ConsentIn(serializers.Serializer):
    """A consent of a member."""

    school = serializers.CharField()
    purpose = serializers.ChoiceField(Purpose.choices, required=False)


class PeriodIn(serializers.Serializer):
    """A period of a new resource."""

    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    capacity = serializers.IntegerField()
    times = serializers.CharField(required=False)


class ResourceIn(serializers.Serializer):
    """A new resource."""

    community = serializers.UUIDField()
    school = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    subject = serializers.CharField(required=False)
    note = serializers.CharField(required=False)
    periods = PeriodIn(many=True)


class DemandIn(serializers.Serializer):
    """A new demand."""

    community = serializers.UUIDField()
    school = serializers.CharField()
    kind = serializers.ChoiceField(Kind.choices)
    title = serializers.CharField()
    subject = serializers.CharField(required=False)
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    amount = serializers.IntegerField()
    expectation = serializers.CharField(required=False)


class BookingOut(serializers.Serializer):
    """预约."""

    id = serializers.UUIDField()
    url = serializers.URLField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    resource = serializers.UUIDField()
    period = serializers.UUIDField()
    starts_on = serializers.DateField()
    ends_on = serializers.DateField()
    school = serializers.CharField()
    demand = serializers.UUIDField(allow_null=True)
    amount = serializers.IntegerField()
    purpose = serializers.CharField(allow_blank=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)
    cancel_reason = serializers.CharField(allow_blank=True)


class BookingIn(serializers.Serializer):
    """A new booking."""

    period = serializers.UUIDField()
    school = serializers.CharField()
    amount = serializers.IntegerField()
    demand = serializers.UUIDField(required=False, allow_null=True)
    purpose = serializers.CharField(required=False)


class CancelIn(serializers.Serializer):
    """Why a booking is cancelled."""

    reason = serializers.CharField()
