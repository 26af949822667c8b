"""Routes of governance."""

from django.urls import path

from governance.views import actions, agenda, decisions, matters, meetings, record

app_name = "governance"
urlpatterns = [
    path("meetings/", meetings.meeting_list, name="meetings"),
    path("meetings/export.<slug:kind>", meetings.meetings_export, name="meetings-export"),
    path("meetings/new/", meetings.meeting_new, name="meeting-new"),
    path("meetings/<uuid:pk>/", meetings.meeting_detail, name="meeting"),
    path("meetings/<uuid:pk>/agenda/", agenda.agenda, name="agenda"),
    path("meetings/<uuid:pk>/record/", record.record, name="record"),
    path("meetings/<uuid:pk>/record/check/", record.record_check, name="record-check"),
    path("meetings/<uuid:pk>/minutes/", record.minutes, name="minutes"),
    path("meetings/<uuid:pk>/actions/<slug:name>/", actions.meeting_action, name="meeting-action"),
    path("decisions/", decisions.decision_list, name="decisions"),
    path("decisions/<uuid:pk>/", decisions.decision_detail, name="decision"),
    path("matters/", matters.matter_list, name="matters"),
]
