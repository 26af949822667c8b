"""Forms of sign-in and password."""

from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.http import HttpRequest

from accounts.models import User


class SignInForm(forms.Form):
    """Name and password. The refusal is the same for every cause, so nobody learns whether an account exists."""

    username = forms.CharField(
        label="登录名",
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, data: Any = None) -> None:
        super().__init__(data)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        """Look the account up once both fields are there."""
        cleaned = super().clean() or {}
        if cleaned.get("username") and cleaned.get("password"):
            user = authenticate(self.request, username=cleaned["username"], password=cleaned["password"])
            if not isinstance(user, User):
                raise ValidationError("登录名与密码对不上。检查大小写后再填一次；忘了密码，联系组织科。")
            self.user = user
        return cleaned


class ChangePasswordForm(forms.Form):
    """Old password, new password twice."""

    old = forms.CharField(
        label="现在的密码", strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )
    new = forms.CharField(
        label="新密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label="再填一次新密码",
        max_length=128,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, user: User, data: Any = None) -> None:
        super().__init__(data)
        self.user = user
        self.fields["new"].help_text = "；".join(text.rstrip("。") for text in password_validators_help_texts())

    def clean_old(self) -> str:
        """The present password proves that the person at the keyboard is the account's."""
        old = str(self.cleaned_data["old"])
        if not self.user.check_password(old):
            raise ValidationError("填写现在使用的密码")
        return old

    def clean_new(self) -> str:
        """The rules of `AUTH_PASSWORD_VALIDATORS`, and not the old one again."""
        new = str(self.cleaned_data["new"])
        if self.user.check_password(new):
            raise ValidationError("换一个与现在不同的密码")
        validate_password(new, self.user)
        return new

    def clean(self) -> dict[str, Any]:
        """Both entries of the new password are equal."""
        cleaned = super().clean() or {}
        if cleaned.get("new") and cleaned.get("again") and cleaned["new"] != cleaned["again"]:
            self.add_error("again", "两次填的新密码要一样")
        return cleaned
