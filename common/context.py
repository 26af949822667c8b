"""What facts and log lines keep of the request they came from."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
