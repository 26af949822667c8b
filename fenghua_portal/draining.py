"""waitress, with requests that are too large received to their end and thrown away.

waitress itself answers at the announcement of the length and closes the connection; a browser that is still sending then
shows a reset. Here the body is counted and forgotten, and `common.oversize` answers with the portal's own page.
"""

from io import BytesIO
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.utilities import RequestEntityTooLarge

from common.oversize import THROW_AWAY


class Thrown:
    """The receiver of a body that nobody wants."""

    error = None

    def __init__(self, length: int) -> None:
        self.left = length
        self.completed = length == 0

    def __len__(self) -> int:
        return 0

    def received(self, data: bytes) -> int:
        """How many of the bytes belong to the body; none is kept."""
        taken = min(self.left, len(data))
        self.left -= taken
        self.completed = self.left == 0
        return taken

    def getfile(self) -> BytesIO:
        """Nothing to read."""
        return BytesIO()

    def getbuf(self) -> BytesIO:
        """Nothing was buffered."""
        return BytesIO()


class DrainingParser(HTTPRequestParser):
    """Lets a request with a large announced length come to its end, up to `THROW_AWAY` bytes."""

    body_rcv: Any
    error: Any

    def received(self, data: bytes) -> int:
        """As waitress does, but for a body that is thrown away."""
        if isinstance(self.body_rcv, Thrown):
            taken = self.body_rcv.received(data)
            self.completed = self.body_rcv.completed
            return taken
        taken = super().received(data)
        refused = isinstance(self.error, RequestEntityTooLarge) and not self.chunked
        if refused and self.content_length <= THROW_AWAY:
            self.error, self.completed = None, False
            self.body_rcv = Thrown(self.content_length)
        return int(taken)


class DrainingChannel(HTTPChannel):
    """A connection that uses it."""

    parser_class = DrainingParser
