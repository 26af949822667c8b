"""Copy the pinned front-end files into `static/vendor/` and build the icon sprite `static/icons.svg`.

Run by hand when a version changes (`python tools/vendor.py`); the result is committed, so neither the portal nor its
build needs Node. Packages come through the ordinary client, `npm pack`, by name and exact version. Every file is
listed in `static/vendor/VENDOR.json` with its SHA-256; `tests/unit/test_static.py` hashes them again.
"""

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

STATIC = Path(__file__).resolve().parents[1] / "static"
VENDOR = STATIC / "vendor"
SPRITE = STATIC / "icons.svg"
SOURCE_MAP = re.compile(rb"\n?(?://[#@]\s*sourceMappingURL=\S+|/\*[#@]\s*sourceMappingURL=.*?\*/)[ \t]*")


@dataclass(frozen=True)
class Package:
    """One pinned package: which of its files are kept, and under which licence."""

    name: str
    version: str
    licence: str
    files: tuple[str, ...]

    @property
    def folder(self) -> str:
        """Folder below `static/vendor/`: `@tabler/icons` becomes `tabler-icons`."""
        return self.name.removeprefix("@").replace("/", "-")


TABLER = Package("@tabler/icons", "3.51.0", "MIT", ())
PACKAGES = (
    Package("bootstrap", "5.3.9", "MIT", ("dist/css/bootstrap.min.css",)),
    Package("htmx.org", "2.0.11", "0BSD", ("dist/htmx.min.js",)),
    Package(
        "tom-select",
        "2.6.2",
        "Apache-2.0",
        ("dist/js/tom-select.base.min.js", "dist/css/tom-select.min.css"),
    ),
    TABLER,
)

# Outline icons of Tabler by their own names; a template may use no other (`{% icon "bell" %}`).
ICONS = tuple(
    """
    alert-octagon alert-triangle archive arrow-back-up arrow-down arrow-left arrow-right arrow-up arrows-diff
    award bell building building-community calendar calendar-event camera check checks chevron-down chevron-left
    chevron-right chevron-up circle-check circle-dashed circle-half-2 circle-minus clipboard-check clipboard-list
    clock clock-exclamation copy device-floppy devices dots download edit external-link eye eye-off file-certificate
    file-check file-spreadsheet file-text file-type-docx file-type-pdf filter flag gavel help help-circle history
    home id inbox info-circle key layout-dashboard layout-kanban link list-check list-details list-search lock
    logout map-pin menu-2 message minus paperclip pencil phone pin plus printer refresh report-analytics scale school
    search send settings shield-check signature star table table-import tags text-size trash upload user
    user-check user-circle user-plus users users-group wifi-off world x
    """.split()
)


def main() -> None:
    """Fetch, copy, build the sprite and write the list."""
    entries: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory() as scratch:
        for package in PACKAGES:
            source = unpack(package, Path(scratch))
            entries.append(
                {
                    "name": package.name,
                    "version": package.version,
                    "licence": package.licence,
                    "files": dict(copied(package, source)),
                }
            )
    (VENDOR / "VENDOR.json").write_text(json.dumps(entries, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def unpack(package: Package, scratch: Path) -> Path:
    """The unpacked content of the package. Raises `CalledProcessError` when the client cannot deliver that version."""
    packed = subprocess.run(  # noqa: S603 (the names and versions above, nothing typed in)
        ["npm", "pack", "--silent", f"{package.name}@{package.version}"],  # noqa: S607 (the npm of this machine)
        cwd=scratch,
        check=True,
        capture_output=True,
        text=True,
    )
    folder = scratch / package.folder
    with tarfile.open(scratch / packed.stdout.strip()) as archive:
        archive.extractall(folder, filter="data")
    return folder / "package"


def copied(package: Package, source: Path) -> Iterator[tuple[str, str]]:
    """Write the package's files and its licence; yield each path below `static/` with its SHA-256."""
    target = VENDOR / package.folder
    target.mkdir(parents=True, exist_ok=True)
    for name in (*package.files, "LICENSE"):
        kept = SOURCE_MAP.sub(b"", (source / name).read_bytes())
        yield written(target / Path(name).name, kept)
    if package is TABLER:
        yield written(SPRITE, sprite(source).encode())


def written(path: Path, content: bytes) -> tuple[str, str]:
    """Write the file; give its path below `static/` and its SHA-256."""
    path.write_bytes(content)
    return path.relative_to(STATIC).as_posix(), hashlib.sha256(content).hexdigest()


def sprite(source: Path) -> str:
    """One SVG with a `<symbol id="i-…">` for every icon; drawn in the colour of the text around it."""
    symbols = "\n".join(symbol(name, (source / "icons/outline" / f"{name}.svg").read_text()) for name in ICONS)
    licence = f"Tabler Icons {TABLER.version}, MIT, see vendor/{TABLER.folder}/LICENSE"
    return f'<svg xmlns="http://www.w3.org/2000/svg"><!-- {licence} -->\n{symbols}\n</svg>\n'


def symbol(name: str, svg: str) -> str:
    """The drawing of one icon file as a symbol, without its invisible bounding box."""
    found = re.search(r"<svg[^>]*>(.*)</svg>", svg, re.DOTALL)
    if found is None:
        raise ValueError(f"{name}: no drawing found")
    drawing = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", found.group(1))
    drawing = re.sub(r"\s+", " ", drawing).replace("> <", "><").strip()
    stroke = 'fill="none" stroke="currentColor" stroke-width="1.75" stroke-linecap="round" stroke-linejoin="round"'
    return f'<symbol id="i-{name}" viewBox="0 0 24 24" {stroke}>{drawing}</symbol>'


if __name__ == "__main__":
    main()
