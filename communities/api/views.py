"""`communities/`: 党建共同体 with its agreement, members, lists and gaps; founding, terms, consents and the steps."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api import ActionView, Fields, answered_once
from accounts.callers import caller
from accounts.models import User
from common.api.schema import (
    action_parameters,
    change_parameters,
    create_parameters,
    detail_schema,
    list_schema,
    parameter,
    problems,
)
from common.api.views import DetailView, Filter, ListView, PortalAPIView, json_answer, one_of, text, version_required
from common.dates import local_day
from communities import services
from communities.api.documents import community_documents
from communities.api.reading import CommunityFields, school_of
from communities.api.schemas import (
    CommunityActionIn,
    CommunityDetailOut,
    CommunityIn,
    CommunityOut,
    ConsentIn,
    TermsIn,
)
from communities.guards import open_actions
from communities.models import Community, CommunityStatus, Membership, Purpose
from communities.states import COMMUNITY


def community_document(request: Request, pk: UUID) -> dict[str, Any]:
    """One community with what the caller may do next."""
    found = Community.objects.select_related("lead_school").get(pk=pk)
    document = community_documents(request, [found], local_day(timezone.now()))[0]
    document["actions"] = [step.name for step in open_actions(found, caller(request))]
    return document


def _of_member(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    today = local_day(timezone.now())
    return rows.filter(pk__in=Membership.objects.staying(today).filter(school__code=value).values("community"))


class CommunityList(ListView):
    """党建共同体."""

    read_scope, write_scope = "communities:read", "communities:write"
    orderings: ClassVar = ("updated_at", "name")
    filters: ClassVar[dict[str, Filter]] = {
        "status": one_of("status", set(CommunityStatus.values)),
        "lead_school": text("lead_school__code"),
        "school": _of_member,
    }

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible communities."""
        return Community.objects.visible_to(caller(request)).select_related("lead_school")

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return community_documents(request, rows, local_day(timezone.now()))

    @list_schema(
        CommunityOut,
        "党建共同体",
        parameter("status", "协议状态", CommunityStatus.values),
        parameter("lead_school", "牵头校代码"),
        parameter("school", "成员校代码"),
        orderings=("updated_at", "name"),
    )
    def get(self, request: Request) -> HttpResponse:
        """One page of communities."""
        return super().get(request)

    @extend_schema(
        summary="发起共同体",
        description="组织科，或牵头校的书记、校长、党政办。接着加入成员校、上传协议书（在页面上）、成员校书记同意、登记签约。",
        parameters=create_parameters(),
        request=CommunityIn,
        responses={201: CommunityDetailOut, **problems(400, 401, 403, 409, 422, 429)},
    )
    def post(self, request: Request) -> HttpResponse:
        """Found one."""
        fields = CommunityFields(request.data or {}, ("name", "lead_school", "starts_on", "until", "aim"))

        def answer() -> HttpResponse:
            given = {"name": fields.text("name", 40), "aim": fields.text("aim", 300)}
            lead, starts_on, until = fields.text("lead_school", 12), fields.day("starts_on"), fields.day("until")
            fields.done()
            made = services.found_community(
                lead_school=school_of(lead, "lead_school"), starts_on=starts_on, until=until, by=caller(request),
                at=timezone.now(), **given,
            )  # fmt: skip
            return json_answer(community_document(request, made.pk), status=201, etag=made.etag)

        return answered_once(request, fields, answer)


class CommunityDetail(DetailView):
    """One community."""

    read_scope, write_scope = "communities:read", "communities:write"

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Visible communities."""
        return Community.objects.visible_to(caller(request))

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return community_document(request, pk)

    def version_fields(self) -> tuple[str, ...]:
        """What is in the lists changes `updated_at`, not the version."""
        return ("pk", "version", "updated_at")

    def etag_of(self, request: Request, found: dict[str, Any]) -> str:
        """Due, expired and unmet follow from the day, too."""
        moment = f"{found['updated_at'].timestamp():.6f}".replace(".", "")
        return f'"{found["pk"].hex}-{found["version"]}.{moment}.{local_day(timezone.now()):%Y%m%d}"'

    @detail_schema(CommunityDetailOut, "一个党建共同体")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The community."""
        return super().get(request, pk=pk)

    @extend_schema(
        summary="拟定协议期限，或拟定续签",
        description="还没有签约时写 starts_on、until；已签约时写 until，从上一版最后一天的第二天起。成员校要重新同意。",
        parameters=change_parameters(),
        request=TermsIn,
        responses={200: CommunityDetailOut, **problems(400, 401, 403, 404, 409, 412, 428, 429)},
    )
    def patch(self, request: Request, pk: UUID) -> HttpResponse:
        """Other terms."""
        found: Community | None = self.queryset(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        version_required(request, found.etag)
        fields = CommunityFields(request.data or {}, ("starts_on", "until"))
        starts_on = fields.day("starts_on") if fields.data.get("starts_on") is not None else None
        until = fields.day("until")
        fields.done()
        services.propose_terms(
            community=found, starts_on=starts_on, until=until, version=found.version, by=caller(request),
            at=timezone.now(),
        )  # fmt: skip
        found.refresh_from_db()
        return json_answer(community_document(request, found.pk), etag=found.etag)


class CommunityAction(ActionView):
    """`actions` of a community."""

    write_scope = "communities:write"
    machine = COMMUNITY
    fields: ClassVar = {
        "sign": ("signed_on",),
        "renew": ("signed_on",),
        "join": ("schools", "on"),
        "leave": ("school", "on", "reason"),
    }

    def visible(self, request: Request) -> QuerySet[Any]:
        """Visible communities."""
        return Community.objects.visible_to(caller(request))

    def act(self, found: Community, name: str, fields: Fields, *, by: User, at: datetime) -> Community:
        """The service of that step."""
        read = CommunityFields(fields.data, tuple(fields.data))
        read.faults = fields.faults
        given: dict[str, Any] = {"community": found, "version": found.version, "by": by, "at": at}
        today = local_day(at)
        if name in ("sign", "renew"):
            day = read.day_or("signed_on", today)
            read.done()
            service = services.sign_agreement if name == "sign" else services.renew_agreement
            return service(signed_on=day, **given)
        if name == "join":
            codes, day = read.codes("schools"), read.day_or("on", today)
            read.done()
            return services.join(schools=[school_of(code, "schools") for code in codes], on=day, **given)
        reason = read.text("reason", 500)
        if name == "end":
            read.done()
            return services.end_agreement(reason=reason, **given)
        code, day = read.text("school", 12), read.day_or("on", today)
        read.done()
        return services.leave(school=school_of(code), on=day, reason=reason, **given)

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return community_document(request, pk)

    @extend_schema(
        summary="办理协议的一步",
        description="name 取 actions 里列出的。sign、renew 要全体成员校书记同意和协议书；end 由组织科，或全体同意后由牵头校书记。",
        parameters=action_parameters(),
        request=CommunityActionIn,
        responses={200: CommunityDetailOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )
    def post(self, request: Request, pk: UUID, name: str) -> HttpResponse:
        """Take the step."""
        return self.perform(request, pk, name)


class CommunityConsents(PortalAPIView):
    """Consents of members."""

    write_scope = "communities:write"

    @extend_schema(
        summary="成员校表示同意",
        description="由该校书记。purpose 为 sign（默认，同意协议）或 end（同意终止）。",
        parameters=create_parameters(),
        request=ConsentIn,
        responses={201: CommunityDetailOut, **problems(400, 401, 403, 404, 409, 422, 429)},
    )
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Consent."""
        found = Community.objects.visible_to(caller(request)).filter(pk=pk).first()
        if found is None:
            raise Http404
        fields = CommunityFields(request.data or {}, ("school", "purpose"))

        def answer() -> HttpResponse:
            code, purpose = fields.text("school", 12), fields.text("purpose", 4) or Purpose.SIGN.value
            if purpose not in Purpose.values:
                fields.fault("purpose", f"可用的值：{'、'.join(Purpose.values)}")
            fields.done()
            services.give_consent(
                community=found, school=school_of(code), purpose=purpose, by=caller(request), at=timezone.now()
            )
            return json_answer(community_document(request, pk), status=201)

        return answered_once(request, fields, answer)
