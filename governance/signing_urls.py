"""Routes around the signature of one meeting: objections, scans, versions of the minutes and their correction."""

from django.urls import path

from governance.views import confirming, minutes_versions

urlpatterns = [
    path("objection/", confirming.objection, name="objection"),
    path("scans/", confirming.scans, name="scans"),
    path("versions/", minutes_versions.versions, name="minutes-versions"),
    path("versions/<int:number>/", minutes_versions.version, name="minutes-version"),
    path("correction/", minutes_versions.correction, name="correction"),
    path("correction/answer/", minutes_versions.answer, name="correction-answer"),
]
