"""Routes of governance."""

from django.urls import path
from django.views import View

app_name = "governance"
V = View.as_view()
urlpatterns = [
    path("meetings/", V, name="meetings"),
    path("meetings/new/", V, name="meeting-new"),
    path("meetings/<uuid:pk>/", V, name="meeting"),
    path("meetings/<uuid:pk>/agenda/", V, name="agenda"),
    path("meetings/<uuid:pk>/record/", V, name="record"),
    path("meetings/<uuid:pk>/record/check/", V, name="record-check"),
    path("meetings/<uuid:pk>/minutes/", V, name="minutes"),
    path("meetings/<uuid:pk>/actions/<slug:name>/", V, name="meeting-action"),
    path("decisions/", V, name="decisions"),
    path("decisions/<uuid:pk>/", V, name="decision"),
    path("matters/", V, name="matters"),
]
