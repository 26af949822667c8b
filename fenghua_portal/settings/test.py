"""Settings of the tests: quick password hashes, mail and cache in memory, warnings as errors (pyproject.toml)."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("VAR_DIR", tempfile.mkdtemp(prefix="portal-test-"))
os.environ.setdefault("DATABASE_URL", "")  # a database of daily work, named in .env, is none to test on
os.environ.setdefault("REDIS_URL", "")
os.environ.setdefault("SECRET_KEY", "only-for-tests-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFG")

from fenghua_portal.settings.base import *  # noqa: F403
from fenghua_portal.settings.base import _database

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MEDIA_ROOT = Path(tempfile.mkdtemp(prefix="portal-media-"))
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]
DATABASES = {"default": _database()}
LOG_LEVEL = "ERROR"
