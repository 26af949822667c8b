"""Routes of the papers of a meeting: minutes, their words, votes, attendance, excerpts."""

from django.urls import path

from governance.views import documents, minutes_edit, publication

urlpatterns = [
    path("meetings/<uuid:pk>/minutes/", documents.minutes, name="minutes"),
    path("meetings/<uuid:pk>/minutes.docx", documents.minutes_docx, name="minutes-docx"),
    path("meetings/<uuid:pk>/minutes/edit/", minutes_edit.edit, name="minutes-edit"),
    path("meetings/<uuid:pk>/publication/", publication.publication, name="publication"),
    path("meetings/<uuid:pk>/publication.docx", publication.publication_docx, name="publication-docx"),
    path("meetings/<uuid:pk>/votes/", documents.votes, name="vote-sheet"),
    path("meetings/<uuid:pk>/votes.docx", documents.votes_docx, name="vote-sheet-docx"),
    path("meetings/<uuid:pk>/attendance/", documents.attendance, name="attendance-sheet"),
    path("meetings/<uuid:pk>/attendance.docx", documents.attendance_docx, name="attendance-sheet-docx"),
    path("decisions/<uuid:pk>/excerpt/", documents.excerpt, name="excerpt"),
    path("decisions/<uuid:pk>/excerpt.docx", documents.excerpt_docx, name="excerpt-docx"),
]
