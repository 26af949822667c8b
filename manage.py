#!/usr/bin/env python
"""Command-line entry point."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "fenghua_portal.settings.base")
    execute_from_command_line(sys.argv)
