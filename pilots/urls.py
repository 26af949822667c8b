"""Pages of pilots."""

from django.urls import URLPattern

from pilots.plan_urls import plan_urls
from pilots.row_urls import row_urls
from pilots.selection_urls import policy_urls, selection_urls

app_name = "pilots"
urlpatterns: list[URLPattern] = [
    *selection_urls,
    *policy_urls,
    *plan_urls,
    *row_urls,
]
