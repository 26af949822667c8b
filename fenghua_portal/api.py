"""Doors of the API that belong to no app: token, OpenAPI document, reference page, and the 404 of everything else."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from oauth2_provider.views import TokenView
from rest_framework.permissions import AllowAny

from common.api.problems import problem


@method_decorator(csrf_exempt, name="dispatch")
class Token(TokenView):
    """`POST oauth/token/`: client credentials by HTTP Basic or in the form. Answers as RFC 6749 says."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """The token, with the scopes of the client."""
        response: HttpResponse = super().post(request, *args, **kwargs)
        response["Cache-Control"] = "no-store"
        if response.status_code == 200:
            body = json.loads(response.content)
            body.pop("refresh_token", None)
            response.content = json.dumps(body).encode()
        return response


class Schema(SpectacularAPIView):
    """The OpenAPI document, JSON or YAML. It holds no data of the district, so everybody may read it."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = ()


class Docs(SpectacularSwaggerSplitView):
    """A browsable reference that needs no outside network."""

    permission_classes = (AllowAny,)
    authentication_classes = ()
    throttle_classes = ()
    url_name = "api:schema"


def document_token(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Hook of drf-spectacular: the token address is not a DRF view, so it is described here."""
    form = {
        "type": "object",
        "required": ["grant_type"],
        "properties": {
            "grant_type": {"type": "string", "enum": ["client_credentials"]},
            "client_id": {"type": "string"},
            "client_secret": {"type": "string"},
            "scope": {"type": "string"},
        },
    }
    token = {
        "type": "object",
        "required": ["access_token", "token_type", "expires_in", "scope"],
        "properties": {
            "access_token": {"type": "string"},
            "token_type": {"type": "string", "enum": ["Bearer"]},
            "expires_in": {"type": "integer"},
            "scope": {"type": "string"},
        },
    }
    result["paths"]["/api/v1/oauth/token/"] = {
        "post": {
            "operationId": "token",
            "summary": "取令牌（OAuth2 客户端凭证）",
            "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
            "responses": {
                "200": {"description": "令牌", "content": {"application/json": {"schema": token}}},
                "400": {"description": "请求不完整（RFC 6749）"},
                "401": {"description": "标识或密钥不对（RFC 6749）"},
            },
        }
    }
    return result


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """Unknown addresses of the API answer as a problem document, never as a page."""
    return problem(404, instance=request.path)
