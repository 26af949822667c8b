""".env.example lists every setting, and nothing that does not exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = (ROOT / ".env.example").read_text("utf-8")
READERS = (
    "fenghua_portal/settings/base.py",
    "fenghua_portal/management/commands/portal.py",
)


def listed() -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z][A-Z_]+)=", EXAMPLE, re.MULTILINE))


def read() -> set[str]:
    text = "".join((ROOT / name).read_text("utf-8") for name in READERS)
    by_django = set(re.findall(r"""env\.\w+\(\s*"([A-Z_]+)\"""", text))
    by_gunicorn = set(
        re.findall(r"""environ\.get\("([A-Z_]+)\"""", (ROOT / "deploy/gunicorn.conf.py").read_text("utf-8"))
    )
    by_compose = set(re.findall(r"\$\{([A-Z_]+):[-?]", (ROOT / "docker-compose.yml").read_text("utf-8")))
    return by_django | by_gunicorn | by_compose


def test_every_setting_is_listed_and_every_listed_one_exists():
    assert listed() == read()


def test_the_sample_secret_is_the_one_that_is_refused(settings):
    assert f"SECRET_KEY={settings.SAMPLE_SECRET}\n" in EXAMPLE


def test_no_other_value_looks_like_a_secret():
    values = dict(re.findall(r"^(?:# )?([A-Z_]*(?:PASSWORD|KEY|TOKEN))=(.*)$", EXAMPLE, re.MULTILINE))
    assert values.pop("SECRET_KEY")
    assert not any(values.values())
