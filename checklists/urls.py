"""Routes of checklists."""

from django.urls import path

from checklists import actions, views

app_name = "checklists"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("all/", views.list_tasks, name="list"),
    path("all/export/xlsx/", views.export, {"kind": "xlsx"}, name="export-xlsx"),
    path("all/export/csv/", views.export, {"kind": "csv"}, name="export-csv"),
    path("<uuid:pk>/", views.show_task, name="task"),
    path("<uuid:pk>/actions/<slug:name>/", actions.take_step, name="task-action"),
]
