"""The first accounts of a new installation."""

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User

pytestmark = pytest.mark.django_db


def test_three_administrators_are_made_once_and_must_change_their_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("create_administrators")
    printed = capsys.readouterr().out
    password = printed.split("sysadmin  口令：")[1].split()[0]
    client = Client()
    assert client.post("/accounts/sign-in/", {"username": "sysadmin", "password": password}).status_code == 302
    assert client.get("/").headers["Location"] == "/accounts/password/"
    assert set(User.objects.values_list("username", flat=True)) == {"sysadmin", "secadmin", "auditor"}
    with pytest.raises(CommandError):
        call_command("create_administrators")
