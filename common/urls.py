"""Routes of common pages."""

from django.urls import path

from common import gallery

app_name = "common"
urlpatterns = [path("gallery/", gallery.gallery, name="gallery")]
