"""Scopes of OAuth2: each client gets those written at its row, never more."""

from typing import Any

from oauth2_provider.scopes import BaseScopes

READ = ("schools", "pilots", "checklists", "governance", "projects", "communities", "reports", "changes")
WRITE = ("checklists", "governance", "pilots", "projects")
ALL_SCOPES: dict[str, str] = {
    **{f"{name}:read": f"读取 {name}/" for name in READ},
    **{f"{name}:write": f"办理 {name}/" for name in WRITE},
    "governance:check": "议事规则检查",
}


class PortalScopes(BaseScopes):
    """The scope backend of django-oauth-toolkit."""

    def get_all_scopes(self) -> dict[str, str]:
        """Every scope with its Chinese description."""
        return ALL_SCOPES

    def get_available_scopes(
        self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any
    ) -> list[str]:
        """Those of the client; an application without a client has none."""
        client = getattr(application, "portal_client", None)
        return list(client.scopes) if client is not None and client.is_active else []

    def get_default_scopes(self, application: Any = None, request: Any = None, *args: Any, **kwargs: Any) -> list[str]:
        """A token request without `scope` gets all of the client's."""
        return self.get_available_scopes(application, request)
