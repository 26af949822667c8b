"""Page or fragment: the same view answers both."""

from django.http import HttpRequest


def partial(request: HttpRequest, page: str) -> str:
    """`a/b.html` for a page load, `a/_partials/b.html` for an htmx swap."""
    if getattr(request, "htmx", False) and not request.htmx.boosted:  # type: ignore[attr-defined]
        folder, _, name = page.rpartition("/")
        return f"{folder}/_partials/{name}"
    return page
