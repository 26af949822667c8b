"""Routes of checklists."""

from django.urls import path
from django.views import View

app_name = "checklists"
V = View.as_view()
urlpatterns = [
    path("", V, name="mine"),
    path("all/", V, name="list"),
    path("<uuid:pk>/", V, name="task"),
    path("<uuid:pk>/actions/<slug:name>/", V, name="task-action"),
]
