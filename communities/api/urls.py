"""API routes of communities."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
