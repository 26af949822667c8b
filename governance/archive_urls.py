"""Routes of the archive: recycle bin, dossiers, collection workbooks, decisions as a file."""

from django.urls import path

from governance.views import archive, decisions_export
from governance.views import bin as recycle

urlpatterns = [
    path("archive/", archive.archive, name="archive"),
    path("archive/<uuid:pk>/dossier.zip", archive.dossier_download, name="dossier"),
    path("archive/collection/<slug:name>.xlsx", archive.collection_book, name="collection"),
    path("decisions/export.<slug:kind>", decisions_export.decisions_export, name="decisions-export"),
    path("bin/", recycle.bin_page, name="bin"),
    path("meetings/<uuid:pk>/delete/", recycle.meeting_delete, name="meeting-delete"),
    path("meetings/<uuid:pk>/restore/", recycle.meeting_restore, name="meeting-restore"),
    path("topics/<uuid:pk>/delete/", recycle.topic_delete, name="topic-delete"),
    path("topics/<uuid:pk>/restore/", recycle.topic_restore, name="topic-restore"),
]
