"""Pages of projects."""

from django.urls import path

from projects.views import awards, cases, detail, editing, handling, imports, lists, reviews

app_name = "projects"
urlpatterns = [
    path("", lists.flagship_list, name="flagships"),
    path("new/", editing.flagship_new, name="flagship-new"),
    path("export/<slug:kind>/", lists.flagships_export, name="flagships-export"),
    path("coverage/", lists.coverage, name="coverage"),
    path("awards/", awards.award_list, name="awards"),
    path("awards/export/<slug:kind>/", awards.awards_export, name="awards-export"),
    path("awards/<uuid:pk>/", awards.award_edit, name="award-edit"),
    path("awards/<uuid:pk>/verify/", awards.award_verify, name="award-verify"),
    path("awards/<uuid:pk>/remove/", awards.award_remove, name="award-remove"),
    path("reviews/", reviews.review_list, name="reviews"),
    path("reviews/<uuid:pk>/", reviews.review_sheet, name="review"),
    path("reviews/<uuid:pk>/withdraw/", handling.review_withdraw, name="review-withdraw"),
    path("changes/<uuid:pk>/", handling.change_decide, name="change-decide"),
    path("cases/", cases.case_list, name="cases"),
    path("cases/new/", cases.case_new, name="case-new"),
    path("cases/export/<slug:kind>/", cases.cases_export, name="cases-export"),
    path("cases/<uuid:pk>/", cases.case_detail, name="case"),
    path("cases/<uuid:pk>/edit/", cases.case_edit, name="case-edit"),
    path("cases/<uuid:pk>/act/", cases.case_act, name="case-act"),
    path("import/<slug:what>/", imports.import_start, name="import"),
    path("import/<slug:what>/template/", imports.import_template, name="import-template"),
    path("imports/<uuid:pk>/", imports.import_check, name="import-check"),
    path("imports/<uuid:pk>/faults/", imports.import_faults, name="import-faults"),
    path("imports/<uuid:pk>/confirm/", imports.import_confirm, name="import-confirm"),
    path("<uuid:pk>/", detail.flagship_detail, name="flagship"),
    path("<uuid:pk>/edit/", editing.flagship_edit, name="flagship-edit"),
    path("<uuid:pk>/discard/", editing.flagship_discard, name="flagship-discard"),
    path("<uuid:pk>/actions/<slug:name>/", detail.flagship_action, name="flagship-action"),
    path("<uuid:pk>/files/", handling.flagship_files, name="flagship-files"),
    path("<uuid:pk>/advise/", handling.flagship_advise, name="flagship-advise"),
    path("<uuid:pk>/check/", handling.flagship_check, name="flagship-check"),
    path("<uuid:pk>/reviewers/", handling.flagship_assign, name="flagship-assign"),
    path("<uuid:pk>/reports/<slug:kind>/", handling.flagship_report, name="flagship-report"),
    path("<uuid:pk>/changes/", handling.flagship_change, name="flagship-change"),
    path("<uuid:pk>/awards/new/", awards.award_new, name="award-new"),
]
