"""House rules that a machine can check."""

import inspect

from django.apps import apps
from django.db.models import CheckConstraint

from audit.registry import all_kinds, kind_of
from checklists.states import TASK
from communities.states import COMMUNITY
from governance.states import ALL_STEPS
from governance.topic_states import TOPIC
from projects.states import FLAGSHIP
from schools.permissions import SchoolPerm

OURS = (
    *("accounts", "audit", "schools", "attachments", "deadlines", "notifications", "checklists", "governance"),
    *("communities", "projects"),
)


def test_who_and_when_are_bound_by_a_constraint() -> None:
    for model in apps.get_models():
        if model._meta.app_label not in OURS:
            continue
        may_be_empty = {f.name: getattr(f, "null", False) for f in model._meta.get_fields()}
        checks = " ".join(str(c.condition) for c in model._meta.constraints if isinstance(c, CheckConstraint))
        for name in may_be_empty:
            stem, by, _ = name.rpartition("_by")
            if by and (may_be_empty[name] or may_be_empty.get(f"{stem}_at", False)) and f"{stem}_at" in may_be_empty:
                assert f"{name}" in checks and f"{stem}_at" in checks, (model.__name__, name)


def test_every_transition_has_a_registered_fact_and_a_known_permission() -> None:
    for machine in (ALL_STEPS, TASK, TOPIC, COMMUNITY, FLAGSHIP):
        for step in machine:
            assert kind_of(step.event).label
            assert SchoolPerm(step.permission)
            assert 2 <= len(step.label) <= 6, "buttons are a verb with its object, six characters at most"


def test_facts_that_are_told_have_an_address_and_chinese_words() -> None:
    for kind in all_kinds():
        assert not kind.label.isascii(), kind.code
        assert kind.url is not None or kind.audience is None, kind.code


def test_public_functions_of_services_take_keywords_and_end_in_by_and_at() -> None:
    from checklists import services as tasks
    from communities import services as communities
    from governance import services as meetings
    from projects import services as projects

    for module, names in (
        (meetings, meetings.__all__),
        (communities, communities.__all__),
        (projects, projects.__all__),
        (tasks, ("progress", "submit", "close", "send_back", "reopen")),
    ):
        for name in names:
            function = getattr(module, name)
            if inspect.isclass(function):
                continue
            parameters = list(inspect.signature(function).parameters.values())
            assert all(p.kind is inspect.Parameter.KEYWORD_ONLY for p in parameters), name
            assert [p.name for p in parameters][-2:] == ["by", "at"], name
