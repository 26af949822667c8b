"""Pieces of the OpenAPI document that every resource shares."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, inline_serializer
from rest_framework import serializers


class FaultOut(serializers.Serializer):
    """One fault of an input."""

    path = serializers.CharField()
    reason = serializers.CharField()


class ProblemOut(serializers.Serializer):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    errors = FaultOut(many=True, required=False)  # type: ignore[assignment]  # RFC 9457 and the contract name it so


class ClientTokenScheme(OpenApiAuthenticationExtension):
    """OAuth2 client credentials."""

    target_class = "common.api.authentication.ClientToken"
    name = "oauth2"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The token address."""
        return {
            "type": "oauth2",
            "flows": {"clientCredentials": {"tokenUrl": "/api/v1/oauth/token/", "scopes": {}}},
        }


class BrowserSessionScheme(OpenApiAuthenticationExtension):
    """The session cookie."""

    target_class = "common.api.authentication.BrowserSession"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The cookie."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


WORDS = {
    400: "参数或正文有几处要改",
    401: "先登录",
    403: "没有这项权限，或令牌没有所需的权限范围",
    404: "没有这个对象，或它不在你的范围内",
    409: "规则或状态不允许",
    412: "对象已有新版本",
    422: "同一 Idempotency-Key 的正文不同",
    428: "更新和删除要带 If-Match",
    429: "请求太频繁，见 Retry-After",
}


def problems(*codes: int) -> dict[Any, Any]:
    """Error answers by status."""
    return {(code, "application/problem+json"): OpenApiResponse(ProblemOut, WORDS[code]) for code in codes}


def parameter(name: str, about: str, values: list[str] | None = None) -> OpenApiParameter:
    """A query parameter."""
    return OpenApiParameter(name, str, OpenApiParameter.QUERY, description=about, enum=values)


def list_schema(
    out: type[serializers.Serializer], about: str, *parameters: OpenApiParameter, orderings: tuple[str, ...]
) -> Any:
    """Documentation of a collection."""
    page = inline_serializer(
        name=f"{out.__name__.removesuffix('Out')}Page",
        fields={
            "results": out(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
        },
    )
    signed = [name for field in orderings for name in (field, f"-{field}")]
    common = [
        OpenApiParameter("cursor", str, description="翻页标记，用 next、previous 里的"),
        OpenApiParameter("page_size", int, description="1–200，默认 50"),
        OpenApiParameter("ordering", str, enum=signed),
        OpenApiParameter("updated_since", str, description="ISO 8601 时间，之后有更新的"),
        OpenApiParameter("include_deleted", bool, description="连同删除标记"),
    ]
    return extend_schema(
        operation_id=f"list_{out.__name__.removesuffix('Out').removesuffix('Listed').lower()}",
        summary=about,
        parameters=[*parameters, *common],
        responses={200: page, **problems(400, 401, 403, 429)},
    )


def detail_schema(out: type[serializers.Serializer], about: str, *parameters: OpenApiParameter) -> Any:
    """Documentation of one object."""
    known = OpenApiParameter("If-None-Match", str, OpenApiParameter.HEADER, description="上次的 ETag；没有变化时答 304")
    responses = {200: out, 304: OpenApiResponse(description="没有变化"), **problems(400, 401, 403, 404, 429)}
    return extend_schema(summary=about, parameters=[*parameters, known], responses=responses)


def create_parameters() -> list[OpenApiParameter]:
    """Headers of a POST that makes an object."""
    return [OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="同键同正文只建一次")]


def change_parameters() -> list[OpenApiParameter]:
    """Headers of an update or a deletion."""
    about = "读取时的 ETag；不带答 428，过时答 412"
    return [OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description=about)]


def action_parameters() -> list[OpenApiParameter]:
    """Headers of an action."""
    return [
        OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description="上次的 ETag；可不带，带了且过时答 412"),
        OpenApiParameter("Idempotency-Key", str, OpenApiParameter.HEADER, description="同键同正文只办一次"),
    ]
