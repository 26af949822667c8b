"""API routes of schools."""

from django.urls import path

from schools.api import views

urlpatterns = [
    path("schools/", views.SchoolList.as_view(), name="schools"),
    path("schools/<slug:code>/", views.SchoolDetail.as_view(), name="school"),
    path("offices/", views.OfficeList.as_view(), name="offices"),
    path("offices/<slug:code>/", views.OfficeDetail.as_view(), name="office"),
]
