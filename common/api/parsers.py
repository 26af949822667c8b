"""JSON bodies, strictly."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON. NaN, endless nesting, numbers of thousands of digits and wrong encodings are refused with 400."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """The decoded document."""
        try:
            return json.loads(stream.read().decode("utf-8"), parse_constant=_no_constant)
        except RecursionError as fault:
            raise ParseError("JSON 嵌套太深。") from fault
        except ValueError as fault:
            raise ParseError("正文不是 UTF-8 编码的 JSON。") from fault
