"""Idempotency-Key: the same key and body give the first answer again (contract/api.md)."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.db import IntegrityError, transaction
from django.http import HttpResponse

from accounts.models import KeptAnswer, User
from common.api.problems import Problem

Answer = Callable[[], HttpResponse]


def once(*, account: User, key: str, request: str, body: bytes, at: datetime, answer: Answer) -> HttpResponse:
    """Run `answer` once for this account and key; later calls get what the first got.

    The key stands in the transaction of the change: killed in between, neither is there; refused, the key is free again.
    Raises `Problem` 422 when the key was used with another request or body, 400 for an unusable key.
    """
    if not key:
        return answer()
    if len(key) > 100 or not key.isascii() or not key.isprintable():
        raise Problem(400, "Idempotency-Key 用 1–100 个可见 ASCII 字符。")
    digest = hashlib.sha256(request.encode("utf-8") + b"\x00" + body).hexdigest()
    try:
        with transaction.atomic():
            kept = KeptAnswer.objects.create(account=account, key=key, digest=digest, at=at)
            response = answer()
            kept.status, kept.body = response.status_code, response.content.decode("utf-8")
            kept.etag = response.get("ETag", "")
            kept.save(update_fields=["status", "body", "etag"])
            return response
    except IntegrityError:
        found = KeptAnswer.objects.filter(account=account, key=key).first()
        if found is None:
            raise
        return _again(found, digest)


def _again(found: KeptAnswer, digest: str) -> HttpResponse:
    if found.digest != digest:
        raise Problem(422, "这个 Idempotency-Key 已用于另一个请求，换一个。")
    response = HttpResponse(found.body.encode("utf-8"), status=found.status, content_type="application/json")
    response["Idempotent-Replayed"] = "true"
    if found.etag:
        response["ETag"] = found.etag
    return response
