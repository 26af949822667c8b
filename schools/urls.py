"""Routes of schools and people. Codes of schools hold a digit, so none of them can be one of the words here."""

from django.urls import path

from schools.views import accounts, appointments, detail, register, roster

app_name = "schools"
urlpatterns = [
    path("", register.school_list, name="list"),
    path("export/xlsx/", register.export, {"kind": "xlsx"}, name="export-xlsx"),
    path("export/csv/", register.export, {"kind": "csv"}, name="export-csv"),
    path("roster/", roster.roster, name="roster"),
    path("roster/template/", roster.roster_template, name="roster-template"),
    path("roster/<uuid:pk>/", roster.roster_check, name="roster-check"),
    path("roster/<uuid:pk>/faults/", roster.roster_faults, name="roster-faults"),
    path("roster/<uuid:pk>/recheck/", roster.roster_recheck, name="roster-recheck"),
    path("roster/<uuid:pk>/confirm/", roster.roster_confirm, name="roster-confirm"),
    path("posts/", appointments.bureau_posts, name="posts"),
    path("appointments/<uuid:pk>/end/", appointments.end, name="appointment-end"),
    path("accounts/", accounts.account_list, name="accounts"),
    path("accounts/export.<slug:kind>", accounts.accounts_export, name="accounts-export"),
    path("accounts/new/<uuid:person>/", accounts.new_account, name="account-new"),
    path("accounts/<uuid:pk>/", accounts.account, name="account"),
    path("accounts/<uuid:pk>/password/", accounts.reset, name="account-reset"),
    path("accounts/<uuid:pk>/<slug:name>/", accounts.act, name="account-act"),
    path("permissions/", detail.permission_table, name="permissions"),
    path("<slug:code>/", detail.school_detail, name="detail"),
    path("<slug:code>/edit/", detail.edit, name="edit"),
    path("<slug:code>/appointments/", appointments.appointments, name="appointments"),
]
