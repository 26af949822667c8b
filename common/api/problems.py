"""Errors as `application/problem+json` (RFC 9457), with Chinese titles."""

import json
import math
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from rest_framework import exceptions
from rest_framework.response import Response

from common.errors import DomainError, Fault, InvalidInput, Stale

TITLES = {
    400: "有几处要改",
    401: "先登录",
    403: "没有这项权限",
    404: "没有找到",
    405: "不支持这个方法",
    406: "不支持这种格式",
    409: "暂不能办理",
    412: "内容已被他人更新",
    415: "不支持这种正文格式",
    422: "内容与前一次不同",
    428: "缺少 If-Match",
    429: "请求太频繁",
    503: "暂时不能服务",
}
DETAILS = {
    401: "带上有效的令牌，或先在浏览器登录。",
    404: "没有这个对象，或它不在你的范围内。",
    405: "看接口说明里这个地址支持的方法。",
    406: "用 application/json。",
    415: "正文用 application/json。",
}


def problem(
    status: int, detail: str = "", *, title: str = "", instance: str = "", faults: list[Fault] | None = None
) -> HttpResponse:
    """A problem document."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": title or TITLES.get(status, "未能办理"),
        "status": status,
        "detail": detail or DETAILS.get(status, ""),
        "instance": instance,
    }
    if faults is not None:
        body["errors"] = [{"path": fault.path, "reason": fault.reason} for fault in faults]
    text = json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
    return HttpResponse(text, status=status, content_type="application/problem+json")


class Problem(Exception):
    """Raised inside a view to answer with a problem document."""

    def __init__(self, status: int, detail: str = "", faults: list[Fault] | None = None) -> None:
        super().__init__(detail)
        self.status, self.detail, self.faults = status, detail, faults


def problem_response(fault: Exception, context: dict[str, Any]) -> HttpResponse | Response | None:
    """DRF's exception handler: every refusal in one shape; anything else stays a 500 and a log entry."""
    path = context["request"].path
    answer = _domain(fault, path) or _framework(fault, path)
    if answer is not None and isinstance(fault, exceptions.Throttled):
        answer["Retry-After"] = str(math.ceil(getattr(fault, "wait", None) or 1))
    if answer is not None and answer.status_code == 401:
        answer["WWW-Authenticate"] = 'Bearer realm="api"'
    return answer


def _domain(fault: Exception, path: str) -> HttpResponse | None:
    if isinstance(fault, InvalidInput):
        return problem(fault.status, str(fault), title=fault.title, instance=path, faults=list(fault.faults))
    if isinstance(fault, Stale):
        faults = [Fault(d.path, f"{d.label}：现在是“{d.theirs}”，你写的是“{d.yours}”") for d in fault.differences]
        return problem(412, str(fault), title=fault.title, instance=path, faults=faults or None)
    if isinstance(fault, DomainError):
        return problem(fault.status, str(fault), title=fault.title, instance=path)
    if isinstance(fault, Problem):
        return problem(fault.status, fault.detail, instance=path, faults=fault.faults)
    return None


def _framework(fault: Exception, path: str) -> HttpResponse | None:
    if isinstance(fault, Http404):
        return problem(404, instance=path)
    if isinstance(fault, PermissionDenied):
        return problem(403, instance=path)
    if isinstance(fault, exceptions.APIException):
        said = str(fault.detail) if fault.status_code in (400, 403) else ""
        if isinstance(fault, exceptions.AuthenticationFailed):
            said = str(fault.detail)
        if isinstance(fault, exceptions.PermissionDenied) and "CSRF" in said:
            said = "页面停留太久或来源不对，刷新页面再试。"
        return problem(fault.status_code, said, instance=path)
    return None
