"""Routes of topics (议题) and of the way of a matter."""

from django.urls import path

from governance.views import topic_flow, topic_form, topic_page, topic_templates, topics

urlpatterns = [
    path("topics/", topics.topic_list, name="topics"),
    path("topics/export.<slug:kind>", topics.topics_export, name="topics-export"),
    path("topics/new/", topic_form.topic_new, name="topic-new"),
    path("topics/templates/", topic_templates.topic_templates, name="topic-templates"),
    path("topics/<uuid:pk>/", topic_page.topic_detail, name="topic"),
    path("topics/<uuid:pk>/edit/", topic_form.topic_edit, name="topic-edit"),
    path("topics/<uuid:pk>/actions/<slug:name>/", topic_page.topic_action, name="topic-action"),
    path("topics/<uuid:pk>/files/", topic_page.topic_files, name="topic-files"),
    path("topics/<uuid:pk>/assign/", topic_page.topic_assign, name="topic-assign"),
    path("topics/<uuid:pk>/keep/", topic_page.topic_keep, name="topic-keep"),
    path("topics/<uuid:pk>/schedule/", topic_page.topic_schedule, name="topic-schedule"),
    path("topics/<uuid:pk>/chain/", topic_flow.topic_chain, name="topic-chain"),
    path("meetings/<uuid:pk>/topics/", topic_flow.agenda_topics, name="agenda-topics"),
    path("meetings/<uuid:pk>/items/<uuid:item>/chain/", topic_flow.item_chain, name="item-chain"),
    path("meetings/<uuid:pk>/items/<uuid:item>/hand-over/", topic_flow.hand_over, name="hand-over"),
]
