"""What the browser gets: vendored files are the ones that were pinned, nothing comes from outside, nothing is inline."""

import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.loader import get_template

from common.templatetags import judgements, portal

ROOT = Path(__file__).resolve().parents[2]
STATIC = ROOT / "static"
VENDOR = STATIC / "vendor"
TEMPLATES = ROOT / "templates"
PAGES = sorted(TEMPLATES.rglob("*.html"))
OWN_FILES = sorted(path for path in STATIC.rglob("*") if path.suffix in {".css", ".js"} and VENDOR not in path.parents)

LISTED = {
    name: digest
    for package in json.loads((VENDOR / "VENDOR.json").read_text(encoding="utf-8"))
    for name, digest in package["files"].items()
}

OUTSIDE = re.compile(r"""(?:https?:|["'(=\s])//[a-z0-9-]+(?:\.[a-z0-9-]+)+""", re.IGNORECASE)
NAMESPACES = re.compile(r"http://www\.w3\.org/(?:2000/svg|1999/xlink)")
INLINE = re.compile(
    r"""<style\b|<script\b(?![^>]*\bsrc=)|\sstyle\s*=|\son[a-z]+\s*=|\bhx-on\b|\bhx-vars\b|["'=]\s*javascript:""",
    re.IGNORECASE,
)
TOO_NEW = re.compile(r"oklch|color-mix|light-dark|field-sizing|subgrid|:has\(|@layer|@container|@import")
NAMED_ICON = re.compile(r"""\{%\s*icon\s+["']([a-z0-9-]+)["']""")


def without_comments(text: str) -> str:
    """Template comments may say anything."""
    return re.sub(r"\{#.*?#\}|\{% comment %\}.*?\{% endcomment %\}", "", text, flags=re.DOTALL)


def template_name(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


def symbols() -> set[str]:
    return set(re.findall(r'<symbol id="i-([a-z0-9-]+)"', (STATIC / "icons.svg").read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", sorted(LISTED))
def test_each_vendored_file_is_the_one_that_was_pinned(name: str) -> None:
    assert hashlib.sha256((STATIC / name).read_bytes()).hexdigest() == LISTED[name]


def test_nothing_lies_among_the_vendored_files_unlisted() -> None:
    found = {path.relative_to(STATIC).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert found - {"vendor/VENDOR.json"} == {name for name in LISTED if name.startswith("vendor/")}


def test_each_vendored_package_keeps_its_licence() -> None:
    assert all((folder / "LICENSE").is_file() for folder in VENDOR.iterdir() if folder.is_dir())


def test_no_file_points_to_a_source_map() -> None:
    assert not [path for path in STATIC.rglob("*.*s") if b"sourceMappingURL" in path.read_bytes()]


@pytest.mark.parametrize("path", [*PAGES, *OWN_FILES], ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_page_script_or_style_names_an_outside_address(path: Path) -> None:
    text = NAMESPACES.sub("", without_comments(path.read_text(encoding="utf-8")))
    assert OUTSIDE.findall(text) == []


def test_vendored_styles_load_nothing() -> None:
    for path in VENDOR.rglob("*.css"):
        loaded = re.findall(r"url\(\s*[\"']?(?!data:)([^)\"']+)|@import", path.read_text(encoding="utf-8"))
        assert loaded == [], path.name


@pytest.mark.parametrize("path", PAGES, ids=template_name)
def test_no_template_has_inline_style_script_or_handler(path: Path) -> None:
    assert INLINE.findall(without_comments(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize("path", PAGES, ids=template_name)
def test_every_template_compiles(path: Path) -> None:
    get_template(template_name(path))


@pytest.mark.parametrize("path", OWN_FILES, ids=lambda path: path.name)
def test_own_files_keep_to_the_browser_floor(path: Path) -> None:
    assert TOO_NEW.findall(path.read_text(encoding="utf-8")) == []


def test_the_smallest_words_are_13_pixels() -> None:
    """12 pixels are for digits in badges and keys alone (design language §4)."""
    small = re.compile(r"([^{}\n]+)\{[^}]*font-size: (\.\d+)rem")
    numerals = ("fh-cnt", "kbd", "fh-cell", "fh-leg .sw", "fh-cat .fh-seg .fh-seal")
    for path in OWN_FILES:
        for selector, size in small.findall(path.read_text(encoding="utf-8")):
            assert float(size) >= 0.8125 or any(name in selector for name in numerals), selector


def named_icons() -> Iterator[tuple[str, str]]:
    for path in PAGES:
        for name in NAMED_ICON.findall(path.read_text(encoding="utf-8")):
            yield template_name(path), name
    for source, names in (
        ("TAG_ICONS", portal.TAG_ICONS.values()),
        ("NOTE_ICONS", portal.NOTE_ICONS.values()),
        ("LEVELS", (icon for _, icon in judgements.LEVELS.values())),
    ):
        for name in names:
            yield source, name


def test_every_icon_that_is_named_is_in_the_sprite() -> None:
    drawn = symbols()
    assert [(where, name) for where, name in named_icons() if name not in drawn] == []


def loaded_by(template: Path) -> set[Path]:
    """Own styles and scripts that a template names, with the modules these import."""
    named = re.findall(r"\{% static '((?:css/|js/|portal)[^']+)' %\}", template.read_text(encoding="utf-8"))
    found, waiting = set(), [STATIC / name for name in named]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += [
                path.parent / name for name in re.findall(r'from "\./([^"]+)"', path.read_text(encoding="utf-8"))
            ]
    return found


@pytest.mark.parametrize("path", PAGES, ids=template_name)
def test_what_a_page_loads_stays_small(path: Path) -> None:
    """Own styles and scripts of the shell and of the page, as they travel (compressed)."""
    loaded = loaded_by(TEMPLATES / "base.html") | loaded_by(path)
    assert sum(len(gzip.compress(each.read_bytes())) for each in loaded) < 40_000


def test_the_icons_stay_small() -> None:
    assert (STATIC / "icons.svg").stat().st_size < 40_000
