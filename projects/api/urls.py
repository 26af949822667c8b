"""API routes of projects."""

from django.urls import path

from projects.api import awards, flagships

urlpatterns = [
    path("projects/flagships/", flagships.FlagshipList.as_view(), name="flagships"),
    path("projects/flagships/<uuid:pk>/", flagships.FlagshipDetail.as_view(), name="flagship"),
    path(
        "projects/flagships/<uuid:pk>/actions/<slug:name>/", flagships.FlagshipAction.as_view(), name="flagship-action"
    ),
    path("projects/awards/", awards.AwardList.as_view(), name="awards"),
    path("projects/awards/<uuid:pk>/", awards.AwardDetail.as_view(), name="award"),
]
