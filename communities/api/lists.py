"""`communities/resources/`, `demands/`, `projects/`, `bookings/`: the three lists and what is booked."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.api import answered_once
from accounts.callers import caller
from common.api.schema import action_parameters, create_parameters, detail_schema, list_schema, parameter, problems
from common.api.views import DetailView, Filter, ListView, PortalAPIView, json_answer, one_of, text, version_asked
from common.errors import one_fault
from communities import services
from communities.api.documents import booking_documents, demand_documents, project_documents, resource_documents
from communities.api.reading import CommunityFields, community_of, school_of
from communities.api.schemas import (
    BookingIn,
    BookingOut,
    CancelIn,
    DemandIn,
    DemandOut,
    JointProjectOut,
    ResourceIn,
    ResourceOut,
)
from communities.models import Booking, Demand, JointProject, Kind, Resource, ResourcePeriod, Way
from communities.services import DemandInput, ResourceInput

READ, WRITE = "communities:read", "communities:write"
CREATED = (400, 401, 403, 409, 422, 429)


def _community(rows: QuerySet[Any], value: str) -> QuerySet[Any]:
    try:
        return rows.filter(community=UUID(value))
    except ValueError:
        raise ValueError("写共同体的标识（UUID）") from None


KINDS: dict[str, Filter] = {
    "community": _community,
    "school": text("school__code"),
    "kind": one_of("kind", set(Kind.values)),
}
WAYS: dict[str, Filter] = {
    "community": _community,
    "school": text("school__code"),
    "way": one_of("way", set(Way.values)),
}
ABOUT = (parameter("community", "共同体的标识"), parameter("school", "学校代码"))
OF_KIND = parameter("kind", "类型", Kind.values)


class _Entries(ListView):
    """A list of entries; withdrawn ones say so in `withdrawn_at`."""

    read_scope, write_scope = READ, WRITE
    orderings: ClassVar = ("updated_at", "created_at")
    model: ClassVar[Any]
    written: ClassVar[Any]  # how rows become documents

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Entries of visible communities."""
        rows: QuerySet[Any] = self.model.objects.visible_to(caller(request)).select_related("school")
        return rows

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them, in the order of the page."""
        keys = [row.pk for row in rows]
        found = self.written(request, self.model.objects.filter(pk__in=keys).select_related("school"))
        by_key = {document["id"]: document for document in found}
        return [by_key[key] for key in keys]


class _Entry(DetailView):
    """One entry."""

    read_scope = READ
    model: ClassVar[Any]
    written: ClassVar[Any]  # how rows become documents

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Entries of visible communities."""
        rows: QuerySet[Any] = self.model.objects.visible_to(caller(request))
        return rows

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        found: list[dict[str, Any]] = self.written(request, self.model.objects.filter(pk=pk).select_related("school"))
        return found[0]

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        """Bookings change what is free and met without changing the entry: it is always sent whole."""
        found = self.queryset(request).filter(pk=kwargs["pk"]).values("pk").first()
        if found is None:
            raise Http404
        return json_answer(self.document(request, found["pk"]))


class ResourceList(_Entries):
    """资源清单."""

    model, written = Resource, staticmethod(resource_documents)
    filters: ClassVar[dict[str, Filter]] = KINDS

    @list_schema(ResourceOut, "共同体资源清单", *ABOUT, OF_KIND, orderings=("updated_at", "created_at"))
    def get(self, request: Request) -> HttpResponse:
        """One page of resources."""
        return super().get(request)

    @extend_schema(
        summary="登记资源", parameters=create_parameters(), request=ResourceIn,
        responses={201: ResourceOut, **problems(*CREATED)},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """A new resource."""
        names = ("community", "school", "kind", "title", "subject", "note", "periods")
        fields = CommunityFields(request.data or {}, names)

        def answer() -> HttpResponse:
            code = fields.text("school", 12)
            new = ResourceInput(
                kind=fields.text("kind", 20), title=fields.text("title", 60), periods=fields.periods("periods"),
                subject=fields.text("subject", 20), note=fields.text("note", 500),
            )  # fmt: skip
            fields.done()
            community, school = community_of(request, fields), school_of(code)
            made = services.add_resource(
                community=community, school=school, new=new, by=caller(request), at=timezone.now()
            )
            return json_answer(resource_documents(request, [made])[0], status=201)

        return answered_once(request, fields, answer)


class ResourceDetail(_Entry):
    """One resource."""

    model, written = Resource, staticmethod(resource_documents)

    @detail_schema(ResourceOut, "一项资源")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The resource."""
        return super().get(request, pk=pk)


class DemandList(_Entries):
    """需求清单."""

    model, written = Demand, staticmethod(demand_documents)
    filters: ClassVar[dict[str, Filter]] = KINDS

    @list_schema(DemandOut, "共同体需求清单", *ABOUT, OF_KIND, orderings=("updated_at", "created_at"))
    def get(self, request: Request) -> HttpResponse:
        """One page of demands."""
        return super().get(request)

    @extend_schema(
        summary="登记需求", parameters=create_parameters(), request=DemandIn,
        responses={201: DemandOut, **problems(*CREATED)},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """A new demand."""
        names = ("community", "school", "kind", "title", "subject", "starts_on", "ends_on", "amount", "expectation")
        fields = CommunityFields(request.data or {}, names)

        def answer() -> HttpResponse:
            code = fields.text("school", 12)
            new = DemandInput(
                kind=fields.text("kind", 20), title=fields.text("title", 60), starts_on=fields.day("starts_on"),
                ends_on=fields.day("ends_on"), amount=fields.number("amount"), subject=fields.text("subject", 20),
                expectation=fields.text("expectation", 500),
            )  # fmt: skip
            fields.done()
            community, school = community_of(request, fields), school_of(code)
            made = services.add_demand(
                community=community, school=school, new=new, by=caller(request), at=timezone.now()
            )
            rows = Demand.objects.filter(pk=made.pk).select_related("school")
            return json_answer(demand_documents(request, rows)[0], status=201)

        return answered_once(request, fields, answer)


class DemandDetail(_Entry):
    """One demand."""

    model, written = Demand, staticmethod(demand_documents)

    @detail_schema(DemandOut, "一项需求")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The demand."""
        return super().get(request, pk=pk)


class ProjectList(_Entries):
    """项目清单."""

    model, written = JointProject, staticmethod(project_documents)
    write_scope = ""
    filters: ClassVar[dict[str, Filter]] = WAYS

    @list_schema(
        JointProjectOut, "共同体项目清单", *ABOUT, parameter("way", "类别", Way.values),
        orderings=("updated_at", "created_at"),
    )  # fmt: skip
    def get(self, request: Request) -> HttpResponse:
        """One page of joint projects."""
        return super().get(request)


class ProjectDetail(_Entry):
    """One joint project."""

    model, written = JointProject, staticmethod(project_documents)

    @detail_schema(JointProjectOut, "一个共同体项目")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The project."""
        return super().get(request, pk=pk)


def _bookings(request: Request) -> QuerySet[Booking]:
    return Booking.objects.visible_to(caller(request)).select_related("period", "school")


class BookingList(ListView):
    """预约."""

    read_scope, write_scope = READ, WRITE
    orderings: ClassVar = ("updated_at", "created_at")
    filters: ClassVar[dict[str, Filter]] = {"school": text("school__code")}

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Bookings of visible communities."""
        return _bookings(request)

    def documents(self, request: Request, rows: list[Any]) -> list[dict[str, Any]]:
        """As the contract writes them."""
        return booking_documents(request, rows)

    @list_schema(BookingOut, "资源预约", parameter("school", "使用学校代码"), orderings=("updated_at", "created_at"))
    def get(self, request: Request) -> HttpResponse:
        """One page of bookings."""
        return super().get(request)

    @extend_schema(
        summary="预约资源", description="同一时段的预约加起来不超过容量，超过答 400 并说明还可约多少。",
        parameters=create_parameters(), request=BookingIn, responses={201: BookingOut, **problems(*CREATED)},
    )  # fmt: skip
    def post(self, request: Request) -> HttpResponse:
        """A new booking."""
        fields = CommunityFields(request.data or {}, ("period", "school", "amount", "demand", "purpose"))

        def answer() -> HttpResponse:
            period, demand = fields.key("period"), fields.key("demand")
            code, amount, purpose = fields.text("school", 12), fields.number("amount"), fields.text("purpose", 200)
            fields.done()
            seen = Resource.objects.visible_to(caller(request))
            places = ResourcePeriod.objects.filter(resource__in=seen).select_related("resource")
            place = places.filter(pk=period).first() if period else None
            if place is None:
                raise one_fault("period", "写开放时段的标识；没有这个时段，或它不在你的范围内")
            wish = Demand.objects.visible_to(caller(request)).filter(pk=demand).first() if demand else None
            if demand and wish is None:
                raise one_fault("demand", "写需求的标识；没有这项需求，或它不在你的范围内")
            made = services.book(
                period=place, school=school_of(code), amount=amount, demand=wish, purpose=purpose, by=caller(request),
                at=timezone.now(),
            )  # fmt: skip
            return json_answer(booking_documents(request, [made])[0], status=201, etag=made.etag)

        return answered_once(request, fields, answer)


class BookingDetail(DetailView):
    """One booking."""

    read_scope = READ

    def queryset(self, request: Request) -> QuerySet[Any]:
        """Bookings of visible communities."""
        return _bookings(request)

    def document(self, request: Request, pk: UUID) -> dict[str, Any]:
        """As the contract writes it."""
        return booking_documents(request, _bookings(request).filter(pk=pk))[0]

    @detail_schema(BookingOut, "一次预约")
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """The booking."""
        return super().get(request, pk=pk)


class BookingCancel(PortalAPIView):
    """`actions/cancel/` of a booking."""

    write_scope = WRITE

    @extend_schema(
        summary="取消预约", parameters=action_parameters(), request=CancelIn,
        responses={200: BookingOut, **problems(400, 401, 403, 404, 409, 412, 422, 429)},
    )  # fmt: skip
    def post(self, request: Request, pk: UUID) -> HttpResponse:
        """Cancel it, with a reason."""
        found = _bookings(request).filter(pk=pk).first()
        if found is None:
            raise Http404
        version_asked(request, found.etag)
        fields = CommunityFields(request.data or {}, ("reason",))

        def answer() -> HttpResponse:
            reason = fields.text("reason", 500)
            fields.done()
            done = services.cancel_booking(
                booking=found, reason=reason, version=found.version, by=caller(request), at=timezone.now()
            )
            return json_answer(booking_documents(request, [done])[0], etag=done.etag)

        return answered_once(request, fields, answer)
