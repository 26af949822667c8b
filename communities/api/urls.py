"""API routes of communities."""

from django.urls import path

from communities.api import lists, views

urlpatterns = [
    path("communities/", views.CommunityList.as_view(), name="communities"),
    path("communities/<uuid:pk>/", views.CommunityDetail.as_view(), name="community"),
    path("communities/<uuid:pk>/consents/", views.CommunityConsents.as_view(), name="community-consents"),
    path("communities/<uuid:pk>/actions/<slug:name>/", views.CommunityAction.as_view(), name="community-action"),
    path("communities/resources/", lists.ResourceList.as_view(), name="community-resources"),
    path("communities/resources/<uuid:pk>/", lists.ResourceDetail.as_view(), name="community-resource"),
    path("communities/demands/", lists.DemandList.as_view(), name="community-demands"),
    path("communities/demands/<uuid:pk>/", lists.DemandDetail.as_view(), name="community-demand"),
    path("communities/projects/", lists.ProjectList.as_view(), name="community-projects"),
    path("communities/projects/<uuid:pk>/", lists.ProjectDetail.as_view(), name="community-project"),
    path("communities/bookings/", lists.BookingList.as_view(), name="community-bookings"),
    path("communities/bookings/<uuid:pk>/", lists.BookingDetail.as_view(), name="community-booking"),
    path(
        "communities/bookings/<uuid:pk>/actions/cancel/", lists.BookingCancel.as_view(), name="community-booking-cancel"
    ),
]
