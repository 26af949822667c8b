"""Sheets of A4 as a Word file, set as GB/T 9704—2012 asks. Loads python-docx: import this module where a file is made.

Line pitch is exact, so that 22 lines fill a page whichever font stands in for 仿宋; spaces between digits and Chinese
characters, which Word adds by itself, are off, so that 28 characters fill a line.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from xml.sax.saxutils import escape, quoteattr

from docx import Document
from docx.document import Document as DocumentFile
from docx.enum.section import WD_ORIENT
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml.ns import nsdecls, qn
from docx.oxml.parser import parse_xml
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Twips
from docx.text.paragraph import Paragraph

from governance.documents import layout
from governance.documents.layout import FANG, FONTS, HEI, SONG
from governance.documents.shapes import PLAIN, Run, Shape, clean

TABLE_PT = 12
BODY = "DocumentBody"
STYLES_KEPT = frozenset({"Normal", "DefaultParagraphFont", "TableNormal", "NoList", "Header", "Footer", "TableGrid"})
STYLES_WITH_EFFECTS = "http://schemas.microsoft.com/office/2007/relationships/stylesWithEffects"
AT_MARGIN = '<w:framePr w:w="{width}" w:wrap="notBeside" w:vAnchor="margin" w:hAnchor="margin" w:xAlign="left" w:yAlign="bottom"/>'


class Paper:
    """A Word file that grows line by line."""

    def __init__(self, title: str, *, author: str, note: str, at: datetime, landscape: bool = False) -> None:
        self.document = Document()
        self.sideways = landscape
        _trim(self.document)
        _name_fonts(self.document)
        _set_styles(self.document.styles.element)
        _set_settings(self.document.settings.element)
        self.document.settings.odd_and_even_pages_header_footer = True
        self._set_page()
        about = self.document.core_properties
        about.title, about.author, about.last_modified_by = clean(title), clean(author), clean(author)
        about.comments, about.language, about.created, about.modified = clean(note), "zh-CN", at, at

    @property
    def width(self) -> int:
        """Of the type area, in twips."""
        section = self.document.sections[0]
        return int(section.page_width.twips - section.left_margin.twips - section.right_margin.twips)  # type: ignore[union-attr]

    def _set_page(self) -> None:
        section = self.document.sections[0]
        width, height = layout.PAGE_WIDTH, layout.PAGE_HEIGHT
        section.page_width, section.page_height = (Mm(height), Mm(width)) if self.sideways else (Mm(width), Mm(height))
        section.orientation = WD_ORIENT.LANDSCAPE if self.sideways else WD_ORIENT.PORTRAIT
        section.top_margin, section.bottom_margin = Mm(layout.TOP), Mm(layout.BOTTOM)
        section.left_margin, section.right_margin = Mm(layout.LEFT), Mm(layout.RIGHT)
        section.header_distance = Mm(layout.TOP - 21)
        section.footer_distance = Twips(layout.twips(layout.FOOTER_DISTANCE))
        for old in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(old)
        grid = (
            f'<w:docGrid {nsdecls("w")} w:type="linesAndChars" w:linePitch="{layout.LINE_PITCH}" '
            f'w:charSpace="{layout.CHARACTER_SPACE}"/>'
        )
        section._sectPr.append(parse_xml(grid))

    # ---- lines ----

    def line(self, runs: str | Run | Sequence[Run], shape: Shape = PLAIN) -> Paragraph:
        """One paragraph more."""
        return set_line(self.document.add_paragraph(), runs, shape)

    def blank(self, count: int = 1) -> None:
        """Empty lines."""
        for _ in range(count):
            self.line("", Shape())

    def title(self, text: str) -> None:
        """A title in 2 号小标宋."""
        self.line(
            Run(text, layout.XBS, layout.TITLE_PT), Shape("center", height=layout.TITLE_PT * 1.5, after=3, keep=True)
        )

    def labelled(self, label: str, text: str) -> None:
        """“出席：……”: the label in 黑体, two characters in; further lines stand under the first name."""
        width = len(label) + 1
        self.line([Run(f"{label}：", HEI), Run(text)], Shape("left", left=2 + width, hanging=width))

    def foot(self, left: str, right: str) -> None:
        """版记: a frame that stands on the lower edge of the type area, on the page of the paragraph that comes next. Called before the
        last one: so 版记 stands on the last page, and never alone.
        """
        edge = (layout.FOOT_LINE_MM, "000000", 0.0)
        shape = Shape(
            "left",
            height=layout.points(9),
            right_tab=self.width - layout.NOTE_PT * 20,
            frame=AT_MARGIN.format(width=self.width),
            lines={"top": edge, "bottom": edge},
        )
        self.line(Run(f"　{left}\t{right}", FANG, layout.NOTE_PT), shape)

    def table(
        self, head: Sequence[str], rows: Iterable[Sequence[str]], widths: Sequence[float], *, least: float = 9
    ) -> None:
        """A table with black lines; its head repeats on each page. Widths of columns and the least height of a row in millimetres."""
        lines = [_cells(row, widths, least, bold=False) for row in rows]
        grid = "".join(f'<w:gridCol w:w="{layout.twips(width)}"/>' for width in widths)
        whole = f'<w:tblW w:w="{layout.twips(sum(widths))}" w:type="dxa"/>'
        cells = '<w:tblCellMar><w:left w:w="60" w:type="dxa"/><w:right w:w="60" w:type="dxa"/></w:tblCellMar>'
        properties = f'<w:tblPr><w:tblStyle w:val="TableGrid"/>{whole}<w:tblLayout w:type="fixed"/>{cells}</w:tblPr>'
        table = parse_xml(
            f"<w:tbl {nsdecls('w')}>{properties}<w:tblGrid>{grid}</w:tblGrid>"
            f"{_cells(head, widths, least, bold=True)}{''.join(lines)}</w:tbl>"
        )
        self.document.element.body.insert_element_before(table, "w:sectPr")

    # ---- at the edges of each page ----

    def number_pages(self, note: str = "") -> None:
        """“— 1 —” outside the type area: to the right on odd pages, to the left on even ones; `note` in small type below."""
        section = self.document.sections[0]
        for footer, side in ((section.footer, "right"), (section.even_page_footer, "left")):
            footer.is_linked_to_previous = False
            shape = Shape(side, inset=layout.NOTE_PT * 20, height=layout.NOTE_PT)
            _page_number(set_line(footer.paragraphs[0], "", shape))
            if note:
                set_line(footer.add_paragraph(), Run(note, SONG, 9), Shape("left", height=12, before=1))

    def mark_pages(self, text: str) -> None:
        """Words at the head of each page, such as 未签发（草稿）."""
        section = self.document.sections[0]
        for header in (section.header, section.even_page_header):
            header.is_linked_to_previous = False
            set_line(header.paragraphs[0], Run(text, HEI, layout.NOTE_PT), Shape("right", height=layout.NOTE_PT * 1.2))

    def save(self) -> bytes:
        """The file."""
        out = BytesIO()
        self.document.save(out)
        return out.getvalue()


def set_line(paragraph: Paragraph, runs: str | Run | Sequence[Run], shape: Shape) -> Paragraph:
    """Give a paragraph its shape and its words."""
    element = paragraph._p
    if element.pPr is not None:
        element.remove(element.pPr)
    element.insert(0, parse_xml(_properties(shape)))
    for run in [Run(runs)] if isinstance(runs, str) else [runs] if isinstance(runs, Run) else runs:
        if text := clean(run.text):
            made = paragraph.add_run(text)
            made._r.insert(0, parse_xml(_letters(run)))
    return paragraph


def _properties(shape: Shape) -> str:
    """In the order of the schema, which Word insists on."""
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="{layout.eighths(width)}" w:space="{round(layout.points(space))}" w:color="{colour}"/>'
        for edge, (width, colour, space) in shape.lines.items()
    )
    keep = "<w:keepNext/>" if shape.keep else ""
    borders = f"<w:pBdr>{edges}</w:pBdr>" if edges else ""
    tabs = f'<w:tabs><w:tab w:val="right" w:pos="{shape.right_tab}"/></w:tabs>' if shape.right_tab else ""
    return (
        f'<w:pPr {nsdecls("w")}><w:pStyle w:val="{BODY}"/>{keep}{shape.frame}{borders}{tabs}{_spacing(shape)}{_indents(shape)}'
        f'<w:jc w:val="{shape.align}"/></w:pPr>'
    )


def _spacing(shape: Shape) -> str:
    height = round(shape.height * 20) or layout.LINE_PITCH
    before, after = layout.twips(shape.before), layout.twips(shape.after)
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="{height}" w:lineRule="exact"/>'


def _indents(shape: Shape) -> str:
    """In twips, and in characters where they are characters: a reader who changes the type size keeps the indent."""
    if shape.inset:
        return f'<w:ind w:left="{shape.inset}" w:right="{shape.inset}"/>'
    left = f'w:leftChars="{round(shape.left * 100)}" w:left="{layout.characters(shape.left)}"'
    if shape.hanging:
        chars, length = round(shape.hanging * 100), layout.characters(shape.hanging)
        return f'<w:ind {left} w:hangingChars="{chars}" w:hanging="{length}"/>'
    if shape.first:
        return f'<w:ind {left} w:firstLineChars="{round(shape.first * 100)}" w:firstLine="{layout.characters(shape.first)}"/>'
    return f"<w:ind {left}/>" if shape.left else ""


def _letters(run: Run) -> str:
    name = quoteattr(run.font.name)
    size, closer = round(run.size * 2), layout.spacing(run.size)
    return (
        f"<w:rPr {nsdecls('w')}><w:rFonts w:ascii={name} w:hAnsi={name} w:eastAsia={name} w:cs={name}/>"
        + ("<w:b/>" if run.bold else "")
        + (f'<w:color w:val="{run.colour}"/>' if run.colour else "")
        + (f'<w:spacing w:val="{closer}"/>' if closer else "")
        + f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
    )


def _cells(words: Sequence[str], widths: Sequence[float], least: float, *, bold: bool) -> str:
    """A row of a table; the head in 黑体. Rows do not break over pages."""
    font = HEI if bold else FANG
    head = "<w:tblHeader/>" if bold else ""
    row = f'<w:trPr><w:cantSplit/><w:trHeight w:val="{layout.twips(least)}" w:hRule="atLeast"/>{head}</w:trPr>'
    text = _letters(Run("", font, TABLE_PT)).replace(f" {nsdecls('w')}", "")
    shape = _properties(Shape("center" if bold else "left", height=TABLE_PT * 1.3)).replace(f" {nsdecls('w')}", "")
    cells = "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{layout.twips(width)}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f'<w:p>{shape}<w:r>{text}<w:t xml:space="preserve">{escape(clean(word))}</w:t></w:r></w:p></w:tc>'
        for word, width in zip(words, widths, strict=True)
    )
    return f"<w:tr>{row}{cells}</w:tr>"


def _page_number(paragraph: Paragraph) -> None:
    """“— 1 —”, the number as a field."""
    letters = _letters(Run("", SONG, layout.NOTE_PT))
    parts = (
        '<w:t xml:space="preserve">— </w:t>',
        '<w:fldChar w:fldCharType="begin"/>',
        '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
        '<w:fldChar w:fldCharType="separate"/>',
        "<w:t>1</w:t>",
        '<w:fldChar w:fldCharType="end"/>',
        '<w:t xml:space="preserve"> —</w:t>',
    )
    for part in parts:
        paragraph._p.append(parse_xml(f"<w:r {nsdecls('w')}>{letters}{part}</w:r>"))


# ---- the file itself: what python-docx brings along is Word's English template ----


def _trim(document: DocumentFile) -> None:
    """Without the second set of styles and the picture of another document."""
    for relations, kinds in (
        (document.part.rels, (STYLES_WITH_EFFECTS,)),
        (document.part.package.rels, (RELATIONSHIP_TYPE.THUMBNAIL,)),
    ):
        for key in [key for key, relation in relations.items() if relation.reltype in kinds]:
            relations.pop(key)


def _name_fonts(document: DocumentFile) -> None:
    """The table of fonts, each with the names that may stand in for it."""
    part = document.part
    for key in [key for key, relation in part.rels.items() if relation.reltype == RELATIONSHIP_TYPE.FONT_TABLE]:
        part.rels.pop(key)
    fonts = "".join(
        f"<w:font w:name={quoteattr(font.name)}><w:altName w:val={quoteattr(','.join(font.instead))}/>"
        f'<w:charset w:val="86"/><w:family w:val="{font.family}"/><w:pitch w:val="default"/></w:font>'
        for font in FONTS
    )
    text = f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<w:fonts {nsdecls("w")}>{fonts}</w:fonts>'
    table = Part(PackURI("/word/fontTable.xml"), CONTENT_TYPE.WML_FONT_TABLE, text.encode(), part.package)
    part.relate_to(table, RELATIONSHIP_TYPE.FONT_TABLE)


def _set_styles(styles: BaseOxmlElement) -> None:
    """The few styles that are used; the body is 3 号仿宋 at the pitch of the grid."""
    for style in styles.findall(qn("w:style")):
        if style.get(qn("w:styleId")) not in STYLES_KEPT:
            styles.remove(style)
        elif (link := style.find(qn("w:link"))) is not None:
            style.remove(link)
    for old in styles.findall(qn("w:docDefaults")):
        styles.remove(old)
    language = '<w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/></w:rPr>'
    letters = _letters(Run("")).replace("</w:rPr>", language)
    lines = (
        '<w:pPr><w:widowControl w:val="0"/><w:autoSpaceDE w:val="0"/><w:autoSpaceDN w:val="0"/>'
        '<w:adjustRightInd w:val="0"/>'
        f'<w:spacing w:before="0" w:after="0" w:line="{layout.LINE_PITCH}" w:lineRule="exact"/><w:jc w:val="both"/></w:pPr>'
    )
    styles.insert(
        0,
        parse_xml(
            f"<w:docDefaults {nsdecls('w')}><w:rPrDefault>{letters}</w:rPrDefault>"
            f"<w:pPrDefault>{lines}</w:pPrDefault></w:docDefaults>"
        ),
    )
    size = round(layout.NORMAL_PT * 2)
    normal = f'<w:rPr {nsdecls("w")}><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>'
    for style in styles.findall(qn("w:style")):
        if style.get(qn("w:styleId")) == "Normal":  # the grid counts from its size
            for old in style.findall(qn("w:rPr")) + style.findall(qn("w:pPr")):
                style.remove(old)
            style.append(parse_xml(normal))
    body = f'<w:name w:val="公文正文"/><w:basedOn w:val="Normal"/><w:qFormat/>{_letters(Run(""))}'
    styles.append(
        parse_xml(f'<w:style {nsdecls("w")} w:type="paragraph" w:customStyle="1" w:styleId="{BODY}">{body}</w:style>')
    )


def _set_settings(settings: BaseOxmlElement) -> None:
    """Odd and even pages differ, Chinese punctuation keeps its width, and Word opens the file in its own, not in an old mode."""
    for setting in settings.iter(qn("w:compatSetting")):
        if setting.get(qn("w:name")) == "compatibilityMode":
            setting.set(qn("w:val"), "15")
    for language in settings.findall(qn("w:themeFontLang")):
        language.set(qn("w:eastAsia"), "zh-CN")
