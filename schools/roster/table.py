"""What every kind of file becomes: sheets of text cells, and the limits that hold before anything is parsed."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from common.errors import Fault, InvalidInput

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 5_000  # schools in one file
HEADER_WITHIN = 10  # a title line or two may stand above the header
MAX_FILLED_ROWS = MAX_ROWS + HEADER_WITHIN

TOO_MANY_ROWS = f"名册最多 {MAX_ROWS:,} 行，这个文件更多。只保留学校名册，另存后再上传"
TOO_BIG_INSIDE = "文件里的内容太多。只保留学校名册这一张表，另存后再上传"
DAMAGED = "文件打不开，可能没有存完整。用 Excel 或 WPS 打开，另存为 .xlsx 再上传"
LOCKED = "文件设了密码。打开后取消密码，另存再上传"
NOT_A_TABLE = "这不是电子表格。上传 .xlsx 或 .csv 文件"


class Unreadable(InvalidInput):
    """The file cannot be read as a table at all; nothing is kept of it."""

    def __init__(self, reason: str) -> None:
        super().__init__([Fault("file", reason)])


@dataclass
class Sheet:
    """Cells as text, by row and column from 0. `formulas` are cells that compute, `merged` rectangles (top, left, bottom, right)."""

    name: str
    rows: list[list[str]]
    hidden: bool = False
    merged: Sequence[Sequence[int]] = ()
    formulas: set[tuple[int, int]] = field(default_factory=set)

    def cell(self, row: int, column: int) -> str:
        """The text of a cell; nothing beyond the end."""
        cells = self.rows[row] if row < len(self.rows) else []
        return cells[column] if column < len(cells) else ""

    def merged_value(self, row: int, column: int) -> str | None:
        """What the merged cell that covers this place says at its top left; None outside merged cells."""
        for top, left, bottom, right in self.merged:
            if top <= row <= bottom and left <= column <= right and (row, column) != (top, left):
                return self.cell(top, left)
        return None
