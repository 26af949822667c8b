"""API clients of other systems."""

import secrets
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from oauth2_provider.models import Application

from audit.services import record
from common.errors import Fault, InvalidInput
from schools.models import ApiClient, School
from schools.oauth import ALL_SCOPES
from schools.services.people import make_machine_account


@transaction.atomic
def create_client(
    *, name: str, scopes: Sequence[str], school_codes: Sequence[str] = (), at: datetime
) -> tuple[ApiClient, str, str]:
    """Make a client; returns it with its id and its secret, which is shown this once and kept hashed."""
    faults = [Fault("scopes", f"没有“{scope}”这个权限范围") for scope in scopes if scope not in ALL_SCOPES]
    if not scopes:
        faults.append(Fault("scopes", "至少写一个权限范围"))
    if ApiClient.objects.filter(name=name).exists():
        faults.append(Fault("name", f"已有名为“{name}”的接口方，换一个名称"))
    schools = {school.code: school for school in School.objects.filter(code__in=school_codes)}
    faults += [Fault("schools", f"没有代码为 {code} 的学校") for code in school_codes if code not in schools]
    if faults:
        raise InvalidInput(faults)
    secret = secrets.token_urlsafe(36)
    account = make_machine_account(name=name, at=at)
    application = Application.objects.create(
        name=name,
        user=account,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
        client_secret=secret,
    )
    client = ApiClient(
        name=name, account=account, application=application, scopes=list(scopes), all_schools=not school_codes
    )
    client.commit(at)
    client.schools.set(schools.values())
    record("schools.client.created", by=None, at=at, on=client, scopes=list(scopes), schools=sorted(schools))
    return client, application.client_id, secret
