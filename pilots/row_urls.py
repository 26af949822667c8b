"""Pages of the 推进清单 and of its templates."""

from django.urls import URLPattern, path

from pilots.views import row_import, rows, templates

row_urls: list[URLPattern] = [
    path("plans/<uuid:pk>/rows/", rows.plan_rows, name="plan-rows"),
    path("plans/<uuid:pk>/rows/add/", rows.row_add, name="row-add"),
    path("plans/<uuid:pk>/rows/import/", row_import.rows_import, name="rows-import"),
    path("plans/<uuid:pk>/rows/import/confirm/", row_import.rows_confirm, name="rows-confirm"),
    path("plans/<uuid:pk>/rows/template.xlsx", row_import.rows_template_file, name="rows-template-file"),
    path("plans/<uuid:pk>/rows/export.<str:kind>", rows.rows_export, name="rows-export"),
    path("plans/<uuid:pk>/rows/templates/", templates.take_list, name="templates-take"),
    path("plans/<uuid:pk>/rows/templates/<uuid:template>/", templates.take, name="template-take"),
    path("rows/<uuid:pk>/save/", rows.row_save, name="row-save"),
    path("rows/<uuid:pk>/remove/", rows.row_remove, name="row-remove"),
    path("rows/<uuid:pk>/move/", rows.row_move, name="row-move"),
    path("row-templates/", templates.template_list, name="templates"),
    path("row-templates/new/", templates.template_new, name="template-new"),
    path("row-templates/<uuid:pk>/", templates.template_detail, name="template"),
    path("row-templates/<uuid:pk>/edit/", templates.template_edit, name="template-edit"),
    path("row-templates/<uuid:pk>/do/<str:name>/", templates.template_action, name="template-action"),
]
