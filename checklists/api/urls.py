"""API routes of checklists."""

from django.urls import path

from checklists.api import views

urlpatterns = [
    path("checklists/tasks/", views.TaskList.as_view(), name="tasks"),
    path("checklists/tasks/<uuid:pk>/", views.TaskDetail.as_view(), name="task"),
    path("checklists/tasks/<uuid:pk>/actions/<slug:name>/", views.TaskAction.as_view(), name="task-action"),
]
