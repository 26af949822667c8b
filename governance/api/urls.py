"""API routes of governance."""

from django.urls import path

from governance.api import actions, check, procedures, suggest, talks, views

urlpatterns = [
    path("governance/matters/", views.MatterList.as_view(), name="matters"),
    path("governance/matters/suggest/", suggest.Suggest.as_view(), name="matters-suggest"),
    path("governance/matters/<slug:code>/", views.MatterDetail.as_view(), name="matter"),
    path("governance/meetings/", views.MeetingList.as_view(), name="meetings"),
    path("governance/meetings/<uuid:pk>/", views.MeetingDetail.as_view(), name="meeting"),
    path("governance/meetings/<uuid:pk>/actions/<slug:name>/", actions.MeetingAction.as_view(), name="meeting-action"),
    path("governance/check/", check.Check.as_view(), name="check"),
    path("governance/talks/", talks.TalkList.as_view(), name="talks"),
    path("governance/talks/<uuid:pk>/", talks.TalkDetail.as_view(), name="talk"),
    path("governance/procedures/", procedures.ProcedureList.as_view(), name="procedures"),
    path("governance/procedures/<uuid:pk>/", procedures.ProcedureDetail.as_view(), name="procedure"),
    path("governance/decisions/", views.DecisionList.as_view(), name="decisions"),
    path("governance/decisions/<uuid:pk>/", views.DecisionDetail.as_view(), name="decision"),
]
