"""Settings for work on the code: debug pages on."""

from fenghua_portal.settings.base import *  # noqa: F403

DEBUG = True
