"""Uploads that are refused: what is told from the file itself, in Chinese, with what to do; and the honest ones that are not."""

import http.client
import json
import socket
import struct
import threading
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import waitress
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.servers.basehttp import get_internal_wsgi_application
from django.test import Client

from attachments import inspection
from attachments.services import check_upload
from common.errors import InvalidInput
from fenghua_portal.draining import DrainingChannel

PARTS = {".docx": "word/document.xml", ".xlsx": "xl/workbook.xml", ".pptx": "ppt/presentation.xml"}


def packed(*entries: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def office(ending: str, *entries: tuple[str, bytes], types: bytes = b"<Types/>", main: bytes = b"<w/>") -> bytes:
    return packed(("[Content_Types].xml", types), (PARTS[ending], main), *entries)


def why(name: str, content: bytes) -> str:
    with pytest.raises(InvalidInput) as refusal:
        check_upload(SimpleUploadedFile(name, content))
    (fault,) = refusal.value.faults
    assert fault.path == "file" and fault.reason.startswith(f"“{name}”")
    return fault.reason


@pytest.mark.parametrize("ending", sorted(PARTS))
def test_honest_office_files_are_taken_and_stay_at_their_beginning(ending: str) -> None:
    content = office(ending, ("media/image1.png", b"\x89PNG" + bytes(range(256)) * 40))
    upload = SimpleUploadedFile(f"方案{ending}", content)
    assert check_upload(upload) == ending == check_upload(upload)
    assert upload.read() == content


def test_what_python_docx_and_xlsxwriter_write_is_taken() -> None:
    import docx
    import xlsxwriter

    out = BytesIO()
    document = docx.Document()
    document.add_paragraph("招生方案" * 2000)
    document.save(out)
    assert check_upload(SimpleUploadedFile("方案.docx", out.getvalue())) == ".docx"
    book = BytesIO()
    with xlsxwriter.Workbook(book) as workbook:
        sheet = workbook.add_worksheet()
        for row in range(3000):
            sheet.write_row(row, 0, ["同样的内容"] * 20)
    assert check_upload(SimpleUploadedFile("表.xlsx", book.getvalue())) == ".xlsx"
    both = packed(("方案.docx", out.getvalue()), ("附件/表.xlsx", book.getvalue()))
    assert check_upload(SimpleUploadedFile("材料.zip", both)) == ".zip"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("病毒.txt", inspection.EICAR),
        ("病毒.pdf", b"%PDF-1.4 " + b" " * inspection.CHUNK + inspection.EICAR),
        ("病毒.docx", office(".docx", ("word/embeddings/a.bin", b"x" * (inspection.CHUNK - 20) + inspection.EICAR))),
        ("病毒.zip", packed(("说明.txt", b"ok"), ("eicar.txt", inspection.EICAR))),
        ("病毒.zip", packed(("里层.zip", packed(("eicar.txt", inspection.EICAR))))),
        ("病毒.zip", packed(("方案.docx", office(".docx", ("word/a.bin", inspection.EICAR))))),
    ],
    ids=["txt", "pdf", "docx", "zip", "zip-in-zip", "docx-in-zip"],
)
def test_the_virus_test_file_is_refused_wherever_it_hides(name: str, content: bytes) -> None:
    assert "病毒测试特征" in why(name, content) and "换一份干净的文件" in why(name, content)


def test_archives_that_burst_are_refused_without_being_unpacked_whole() -> None:
    zeros = bytes(12 * 1024 * 1024)
    assert "解压后大得不正常" in why("炸弹.zip", packed(("0", zeros), ("1", zeros)))
    assert "解压后大得不正常" in why("炸弹.docx", office(".docx", main=zeros))
    inner = packed(("0", zeros))
    assert "解压后大得不正常" in why("炸弹.zip", packed(*((f"{n}.zip", inner) for n in range(4))))


def test_the_size_a_header_claims_is_not_believed() -> None:
    bomb = bytearray(packed(("0", bytes(40 * 1024 * 1024))))
    directory = bomb.rfind(b"PK\x01\x02")
    bomb[directory + 24 : directory + 28] = struct.pack("<L", 10)
    assert "没有保存" in why("炸弹.zip", bytes(bomb)) or "打不开" in why("炸弹.zip", bytes(bomb))


def test_too_much_in_all_is_refused_even_when_the_ratio_is_honest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inspection, "MOST_UNPACKED", 50_000)
    assert "解压后大得不正常" in why("大.zip", packed(("a", bytes(range(256)) * 100), ("b", bytes(range(256)) * 100)))


def test_too_many_entries_and_too_many_layers_are_refused() -> None:
    many = packed(*((f"{n}.txt", b"") for n in range(inspection.MOST_ENTRIES + 1)))
    assert "太多" in why("很多.zip", many)
    layers = packed(("a.txt", b"a"))
    for _ in range(inspection.DEEPEST):
        layers = packed(("里层.zip", layers))
    assert "层数太多" in why("套娃.zip", layers)


def test_a_directory_that_hides_its_number_of_entries_is_refused_before_it_is_read() -> None:
    many = bytearray(packed(*((f"{'长' * 80}{n}.txt", b"") for n in range(9000))))
    end = many.rfind(b"PK\x05\x06")
    many[end + 8 : end + 12] = struct.pack("<HH", 1, 1)
    assert "太多" in why("很多.zip", bytes(many))


def test_archives_with_a_password_are_refused() -> None:
    locked = bytearray(packed(("a.txt", b"secret")))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = locked.find(mark) + at
        locked[place] |= 1
    assert "去掉密码" in why("加密.zip", bytes(locked))
    assert "去掉密码" in why("加密.docx", inspection.OLE + b"EncryptedPackage" * 40)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        packed(("a.txt", b"text"))[:-30],
        b"PK\x03\x04" + b"\x00" * 400,
    ],
    ids=["only-a-head", "cut-off", "garbage"],
)
def test_broken_archives_are_refused(content: bytes) -> None:
    assert "打不开" in why("坏的.zip", content)


def test_an_entry_whose_sum_is_wrong_is_broken() -> None:
    content = bytearray(packed(("a.txt", b"hello hello"), method=zipfile.ZIP_STORED))
    content[content.find(b"hello")] ^= 0xFF
    assert "打不开" in why("坏的.zip", bytes(content))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_that_unpack_without_a_bound_are_refused(method: int) -> None:
    assert "少见的压缩方式" in why("少见.zip", packed(("a.txt", bytes(100_000)), method=method))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("宏.docx", office(".docx", ("word/vbaProject.bin", b"x"))),
        ("宏.xlsx", office(".xlsx", types=b'<Override ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>')),
        ("宏.zip", packed(("表.xlsx", office(".xlsx", ("xl/VBAPROJECT.BIN", b"x"))))),
        ("宏.xls", inspection.OLE + b"\0" * 600 + inspection.OLE_MACROS),
    ],
)  # fmt: skip
def test_macros_are_refused(name: str, content: bytes) -> None:
    assert "含有宏" in why(name, content) and ".docx" in why(name, content)


@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_xml_that_expands_is_refused(code: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "哈"><!ENTITY b "&a;&a;&a;">]><w>&b;</w>'.encode(code)
    assert "XML" in why("展开.docx", office(".docx", main=bomb))


def test_programs_and_names_that_lead_elsewhere_are_refused() -> None:
    assert "setup.EXE" in why("程序.zip", packed(("软件/setup.EXE", b"MZ")))
    assert "指向别处" in why("别处.zip", packed(("../../etc/passwd", b"x")))


def test_a_zip_that_is_no_office_document_is_not_one() -> None:
    assert "扩展名对不上" in why("假.docx", packed(("a.txt", b"x")))


def test_the_browser_is_told_the_same_limits_as_the_server() -> None:
    script = (settings.BASE_DIR / "static/js/upload.js").read_text("utf-8")
    assert f"FILE_LIMIT = {settings.UPLOAD_LIMIT // 1048576} * 1048576" in script
    assert f"REQUEST_LIMIT = {settings.REQUEST_LIMIT // 1048576} * 1048576" in script
    nginx = (settings.BASE_DIR / "deploy/nginx/nginx.conf").read_text("utf-8")
    assert f"client_max_body_size {settings.REQUEST_LIMIT // 1048576}m" in nginx


@pytest.fixture
def served() -> Iterator[int]:
    """The portal behind the server of the embedded mode; the port it listens at."""
    web = waitress.create_server(
        get_internal_wsgi_application(), host="127.0.0.1", port=0, threads=2,
        max_request_body_size=settings.REQUEST_LIMIT + 1,
    )  # fmt: skip
    web.channel_class = DrainingChannel

    def run() -> None:
        with suppress(OSError):  # closing takes the sockets away under it
            web.run()

    threading.Thread(target=run, daemon=True).start()
    yield web.effective_port
    web.close()


def send(port: int, path: str, megabytes: int) -> tuple[int, str]:
    """A POST of so many MiB, sent to its last byte as a browser does, and what is answered."""
    piece = b"x" * 1048576
    with socket.create_connection(("127.0.0.1", port), timeout=60) as line:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        line.sendall(f"{head}Content-Length: {megabytes * 1048576}\r\n\r\n".encode())
        for _ in range(megabytes):
            line.sendall(piece)
        answer = http.client.HTTPResponse(line)
        answer.begin()
        return answer.status, answer.read().decode()


def test_300_mb_are_refused_with_a_page_and_not_with_a_reset(served: int, settings: Any, tmp_path: Path) -> None:
    settings.FILE_UPLOAD_TEMP_DIR = settings.MEDIA_ROOT = tmp_path
    status, page = send(served, "/governance/meetings/", 300)
    assert status == 413
    assert "文件太大，没有上传" in page and "20 MB" in page and "怎么办" in page
    assert list(tmp_path.iterdir()) == []


def test_the_api_answers_the_same_as_a_problem(served: int) -> None:
    status, body = send(served, "/api/v1/governance/meetings/", 30)
    assert (status, json.loads(body)["status"]) == (413, 413)


def test_a_server_that_does_not_read_ahead_has_the_body_thrown_away(client: Client, settings: Any) -> None:
    settings.REQUEST_LIMIT = 1000
    answer = client.post("/accounts/sign-in/", {"file": SimpleUploadedFile("大.pdf", b"%PDF-" + b"x" * 5000)})
    assert answer.status_code == 413 and "文件太大" in answer.content.decode()
    assert answer.wsgi_request.read() == b""
