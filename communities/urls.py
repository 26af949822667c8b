"""Pages of communities."""

from django.urls import path

from communities.views import bookings, communities, entries, forms, lists, matching, steps, tabs

app_name = "communities"
urlpatterns = [
    path("", communities.community_list, name="communities"),
    path("export.<slug:kind>", communities.communities_export, name="communities-export"),
    path("new/", communities.community_new, name="community-new"),
    path("help/", tabs.district_help, name="help"),
    path("lists/<slug:what>/", lists.entry_list, name="entries"),
    path("lists/<slug:what>/export.<slug:kind>", lists.entries_export, name="entries-export"),
    path("<uuid:pk>/", tabs.agreement, name="community"),
    path("<uuid:pk>/members/", tabs.members, name="community-members"),
    path("<uuid:pk>/lists/", tabs.three_lists, name="community-lists"),
    path("<uuid:pk>/matching/", matching.matching, name="community-matching"),
    path("<uuid:pk>/activities/", tabs.activities, name="community-activities"),
    path("<uuid:pk>/help/", tabs.community_help, name="community-help"),
    path("<uuid:pk>/terms/", steps.terms, name="community-terms"),
    path("<uuid:pk>/text/", steps.text, name="community-text"),
    path("<uuid:pk>/consent/", steps.consent, name="community-consent"),
    path("<uuid:pk>/actions/<slug:name>/", steps.community_action, name="community-action"),
    path("<uuid:pk>/new/<slug:what>/", forms.entry_new, name="entry-new"),
    path("resources/<uuid:pk>/", entries.resource, name="resource"),
    path("resources/<uuid:pk>/edit/", forms.resource_edit, name="resource-edit"),
    path("bookings/<uuid:pk>/cancel/", bookings.booking_cancel, name="booking-cancel"),
    path("demands/<uuid:pk>/", entries.demand, name="demand"),
    path("demands/<uuid:pk>/edit/", forms.demand_edit, name="demand-edit"),
    path("projects/<uuid:pk>/", entries.project, name="project"),
    path("projects/<uuid:pk>/edit/", forms.project_edit, name="project-edit"),
    path("projects/<uuid:pk>/tasks/", forms.project_tasks, name="project-tasks"),
    path("projects/<uuid:pk>/result/", forms.project_result, name="project-result"),
    path("activities/<uuid:pk>/", entries.activity, name="activity"),
    path("activities/<uuid:pk>/edit/", forms.activity_edit, name="activity-edit"),
]
