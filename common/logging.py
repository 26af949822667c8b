"""Log lines: one JSON object each, with the request id, without personal data."""

import logging

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from common.context import request_id


def _request(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if rid := request_id.get():
        event.setdefault("request_id", rid)
    return event


SHARED: list[Processor] = [
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=False),
    _request,
    structlog.processors.format_exc_info,
]


def json_formatter() -> logging.Formatter:
    """Formatter for `LOGGING`; also points structlog at the standard handlers."""
    structlog.configure(
        processors=[*SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=SHARED,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
    )
