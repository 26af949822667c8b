"""Staff and accounts."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from audit.services import record
from common.text import initials_of, pinyin_of
from schools.models import Person, School


@transaction.atomic
def add_person(*, name: str, phone: str = "", school: School | None = None, by: User | None, at: datetime) -> Person:
    """Enter a member of staff."""
    person = Person(name=name, phone=phone, school=school, py=pinyin_of(name), py_first=initials_of(name))
    person.commit(at)
    record("schools.person.added", by=by, at=at, on=person, school_id=school.pk if school else None)
    return person


@transaction.atomic
def open_account(
    *,
    person: Person,
    username: str,
    password: str | None = None,
    encoded: str = "",
    must_change: bool = True,
    email: str = "",
    by: User | None,
    at: datetime,
) -> User:
    """Give a person an account to sign in with.

    `encoded` is a password hash made beforehand: the demonstration district hashes its one password once, not 400 times.
    """
    account = User(
        username=username,
        name=person.name,
        phone=person.phone,
        email=email,
        must_change_password=must_change,
        joined_at=at,
    )
    if encoded:
        account.password = encoded
    else:
        account.set_password(password)
    account.save()
    person.account = account
    person.commit(at)
    record("accounts.user.created", by=by, at=at, on=account, school_id=person.school_id)
    return account


@transaction.atomic
def make_machine_account(*, name: str, at: datetime) -> User:
    """The account behind an API client; nobody can sign in with it."""
    account = User(username=f"api:{name}"[:64], name=name, is_machine=True, must_change_password=False, joined_at=at)
    account.set_unusable_password()
    account.save()
    record("accounts.user.created", by=None, at=at, on=account)
    return account
