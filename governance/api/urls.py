"""API routes of governance."""

from django.urls import path

from governance.api import actions, check, procedures, suggest, talks, topics, views

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
    path("governance/topics/", topics.TopicList.as_view(), name="topics"),
    path("governance/topics/hand-over/", topics.HandOver.as_view(), name="topic-hand-over"),
    path("governance/topics/<uuid:pk>/", topics.TopicDetail.as_view(), name="topic"),
    path("governance/topics/<uuid:pk>/actions/<slug:name>/", topics.TopicAction.as_view(), name="topic-action"),
    path("governance/procedures/", procedures.ProcedureList.as_view(), name="procedures"),
    path("governance/procedures/<uuid:pk>/", procedures.ProcedureDetail.as_view(), name="procedure"),
    path("governance/decisions/", views.DecisionList.as_view(), name="decisions"),
    path("governance/decisions/<uuid:pk>/", views.DecisionDetail.as_view(), name="decision"),
]
