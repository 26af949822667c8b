"""The measures of GB/T 9704—2012 (党政机关公文格式) in the units a Word file counts in. Pure arithmetic.

Fonts are named, never shipped: the reader's computer has them, and each name carries the ones that stand in for it.
"""

from dataclasses import dataclass

PAGE_WIDTH, PAGE_HEIGHT = 210, 297  # millimetres, A4
TOP, BOTTOM, LEFT, RIGHT = 37, 35, 28, 26  # 天头、下白边、订口、右白边
TYPE_WIDTH, TYPE_HEIGHT = 156, 225  # 版心
LINES, CHARACTERS = 22, 28  # a page, a line
BODY_PT, MARK_PT, MARK_SMALL_PT, MARK_TINY_PT, TITLE_PT = 16, 24, 18, 14, 22
ISSUER_PT = 15  # issuer and date on one line
NOTE_PT = 14  # 4 号: page numbers and 版记
MARK_BELOW = 35  # millimetres from the top of the type area to the top of 纪要标志
RED_LINE_BELOW = 4  # millimetres from the line above the red line to it
PAGE_NUMBER_BELOW = 7  # millimetres from the foot of the type area to the page number
RED = "D7000F"
RED_LINE_MM, FOOT_LINE_MM = 0.6, 0.35

TWIPS_AN_INCH, MM_AN_INCH, POINTS_AN_INCH = 1440, 25.4, 72


def twips(millimetres: float) -> int:
    """Twentieths of a point, in which Word counts lengths."""
    return round(millimetres * TWIPS_AN_INCH / MM_AN_INCH)


def points(millimetres: float) -> float:
    """Points."""
    return millimetres * POINTS_AN_INCH / MM_AN_INCH


def eighths(millimetres: float) -> int:
    """Eighths of a point, in which Word counts the width of lines."""
    return round(points(millimetres) * 8)


# 225 mm hold 22 lines of 28.99 pt. Word divides the height by whole twips and drops the rest: at 580 there would be 21.
LINE_PITCH = (twips(PAGE_HEIGHT) - twips(TOP) - twips(BOTTOM)) // LINES
# 28 characters fill 156 mm at 15.79 pt each; whole twentieths of a point leave 15.75. So characters of 16 pt are set closer,
# by the text itself and not by the grid: LibreOffice breaks lines wrongly as soon as the grid adds or takes away anything.
# The grid takes the size of the Normal style for one character: at 15.5 pt it counts 28 of them, as it should.
CHARACTER_PT = int(points(TYPE_WIDTH) / CHARACTERS * 20) / 20
NORMAL_PT = 15.5
CHARACTER_SPACE = 0


def spacing(size: float) -> int:
    """By how much (twips) characters of that size stand closer: those of the body, for 28 to a line."""
    return round((CHARACTER_PT - BODY_PT) * 20) if size == BODY_PT else 0


FOOTER_DISTANCE = BOTTOM - PAGE_NUMBER_BELOW - NOTE_PT * MM_AN_INCH / POINTS_AN_INCH


def characters(count: float) -> int:
    """So many characters of the body, in twips."""
    return round(count * CHARACTER_PT * 20)


@dataclass(frozen=True)
class Font:
    """A font by name, and those that Word, WPS and LibreOffice may take where it is missing."""

    name: str
    instead: tuple[str, ...]
    family: str


FANG = Font("仿宋_GB2312", ("仿宋", "FangSong", "STFangsong"), "modern")
HEI = Font("黑体", ("SimHei", "STHeiti"), "modern")
KAI = Font("楷体_GB2312", ("楷体", "KaiTi", "STKaiti"), "modern")
SONG = Font("宋体", ("SimSun", "STSong"), "auto")
XBS = Font("方正小标宋简体", ("方正小标宋_GBK", "FZXiaoBiaoSong-B05S", "华文中宋", "宋体"), "script")
FONTS = (FANG, HEI, KAI, SONG, XBS)
