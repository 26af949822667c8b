"""The limits of the pages and of the API: one statement and one small template, or `json.dumps`, on a bare WSGI function."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django.template import Context, Engine

from benchmarks.measure import Step, bare, fetch

# Everything the page of a signed meeting prints, in one statement.
SIGNED_MEETING = """
SELECT s.name, m.year, m.serial, m.body, m.status, m.scheduled_at, m.place, m.due, m.present, m.seal,
  (SELECT name FROM schools_person WHERE id = m.chair_id), (SELECT name FROM schools_person WHERE id = m.recorder_id),
  (SELECT json_agg(json_build_array(name, post_label, status, reason) ORDER BY "order")
     FROM governance_meetingmember WHERE meeting_id = m.id),
  (SELECT json_agg(json_build_object('order', i."order", 'title', i.title, 'matter', a.code, 'matter_title', a.title,
       'summary', i.summary, 'method', i.method, 'agree', i.agree, 'disagree', i.disagree, 'abstain', i.abstain,
       'outcome', i.outcome, 'text', i.decision_text, 'proposer', p.name, 'number', d.number,
       'results', (SELECT json_agg(json_build_array(rule, outcome, severity, message, remedy, basis) ORDER BY "order")
                     FROM governance_ruleresult WHERE item_id = i.id)) ORDER BY i."order")
     FROM governance_agendaitem i LEFT JOIN governance_matter a ON a.id = i.matter_id
     LEFT JOIN schools_person p ON p.id = i.proposer_id LEFT JOIN governance_decision d ON d.item_id = i.id
     WHERE i.meeting_id = m.id),
  (SELECT json_agg(json_build_array(rule, outcome, severity, message, remedy, basis) ORDER BY "order")
     FROM governance_ruleresult WHERE meeting_id = m.id AND item_id IS NULL),
  (SELECT json_agg(json_build_array(d.number, t.target, t.due_on, t.status, p.name) ORDER BY d.number)
     FROM checklists_task t JOIN governance_decision d ON d.checklist_id = t.checklist_id
     JOIN schools_person p ON p.id = t.responsible_id WHERE d.meeting_id = m.id),
  (SELECT json_agg(json_build_array(kind, at, actor_name) ORDER BY seq DESC)
     FROM audit_event WHERE subject = 'governance.meeting:' || m.id)
FROM governance_meeting m JOIN schools_school s ON s.id = m.school_id WHERE m.id = %s
"""
# While the rules are still judged at every visit, the facts they judge by have to be read as well. The findings are printed
# as if they were stored.
OPEN_MEETING = SIGNED_MEETING.replace(
    "       'results', (SELECT",
    "       'stances', (SELECT json_agg(json_build_array(member_id, stance, seq, together) ORDER BY seq)"
    " FROM governance_stance WHERE item_id = i.id),\n"
    "       'planned', (SELECT json_agg(json_build_array(goal, measures, due_on, responsible_id, units) ORDER BY \"order\")"
    " FROM governance_plannedtask WHERE item_id = i.id),\n"
    "       'results', (SELECT",
)
MEETING_PAGE = """
<h1>{% for value in head %}{{ value }} {% endfor %}</h1>
<ul>{% for row in members %}<li>{% for value in row %}{{ value }} {% endfor %}</li>{% endfor %}</ul>
{% for item in items %}<section><h2>{{ item.order }} {{ item.title }}</h2><p>{{ item.matter }} {{ item.matter_title }}</p>
<p>{{ item.summary }} {{ item.proposer }} {{ item.number }}</p><p>{{ item.method }} {{ item.agree }} {{ item.disagree }}
{{ item.abstain }} {{ item.outcome }} {{ item.text }}</p>
{% for row in item.results %}<p>{{ row.0 }} {{ row.1 }} {{ row.2 }} {{ row.3 }} {{ row.4 }}</p>{% endfor %}</section>{% endfor %}
{% for row in results %}<p>{{ row.0 }} {{ row.1 }} {{ row.2 }} {{ row.3 }} {{ row.4 }}</p>{% endfor %}
<table>{% for row in tasks %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>
<ol>{% for row in events %}<li>{{ row.0 }} {{ row.1 }} {{ row.2 }}</li>{% endfor %}</ol>
"""
# Rows of a list with the schools of its filter: the filter's choices are bytes of the page too.
SCHOOLS = "(SELECT json_agg(json_build_array(code, short_name, py_first) ORDER BY py, id) FROM schools_school)"
LIST_PAGE = """
<select>{% for row in choices %}<option value="{{ row.0 }}" data-search="{{ row.2 }}">{{ row.1 }}</option>{% endfor %}</select>
<table>{% for row in rows %}<tr>{% for value in row %}<td>{{ value }}</td>{% endfor %}</tr>{% endfor %}</table>
"""
MEETINGS = (
    "SELECT "
    + SCHOOLS
    + ", (SELECT json_agg(row) FROM (SELECT m.id, m.body, m.year, m.serial, m.scheduled_at, m.place,"
    " m.status, m.due, m.present, m.item_count, m.findings_block, m.findings_warn, s.short_name"
    " FROM governance_meeting m JOIN schools_school s ON s.id = m.school_id"
    " ORDER BY m.scheduled_at DESC, m.id DESC LIMIT 51) row)"
)
SIGNED_MEETINGS = MEETINGS.replace(" ORDER BY m.scheduled", " WHERE m.status = 'signed' ORDER BY m.scheduled")
TASKS = (
    "SELECT " + SCHOOLS + ", (SELECT json_agg(row) FROM (SELECT t.id, t.target, t.due_on, t.status, t.responsible_post,"
    " t.units, p.name, s.short_name, c.title FROM checklists_task t JOIN schools_school s ON s.id = t.school_id"
    " JOIN schools_person p ON p.id = t.responsible_id JOIN checklists_checklist c ON c.id = t.checklist_id"
    " WHERE t.status IN ('not_started', 'in_progress', 'submitted') ORDER BY t.due_on, t.id LIMIT 51) row)"
)
# The API's documents, written by the database.
ITEM_DOCUMENTS = """
(SELECT json_agg(json_build_object('id', i.id, 'order', i."order", 'title', i.title, 'matter', a.code, 'status', 'concluded',
   'method', i.method, 'outcome', i.outcome, 'decision', d.id,
   'counts', json_build_object('agree', i.agree, 'disagree', i.disagree, 'abstain', i.abstain)) ORDER BY i."order")
 FROM governance_agendaitem i LEFT JOIN governance_matter a ON a.id = i.matter_id
 LEFT JOIN governance_decision d ON d.item_id = i.id WHERE i.meeting_id = m.id)
"""
RESULT_DOCUMENTS = """
(SELECT json_agg(json_build_object('rule', rule, 'subject', coalesce('items/' || item_id, 'meeting'), 'outcome', outcome,
   'severity', severity, 'message', message, 'facts', facts, 'basis', basis, 'remedy', remedy) ORDER BY "order")
 FROM governance_ruleresult WHERE meeting_id = m.id)
"""
MEETING_DOCUMENT = (
    "SELECT json_build_object('id', m.id, 'url', 'http://localhost/api/v1/governance/meetings/' || m.id || '/',"
    " 'created_at', m.created_at, 'updated_at', m.updated_at, 'school', s.code, 'body', m.body,"
    " 'number', m.year || '-' || lpad(m.serial::text, 3, '0'), 'status', m.status, 'scheduled_at', m.scheduled_at,"
    " 'place', m.place, 'chair', json_build_object('person', m.chair_id, 'name', c.name),"
    " 'recorder', json_build_object('person', m.recorder_id, 'name', r.name), 'due', m.due, 'present', m.present,"
    " 'lapsed', m.lapsed, 'items', " + ITEM_DOCUMENTS + "{more})"
    " FROM governance_meeting m JOIN schools_school s ON s.id = m.school_id"
    " LEFT JOIN schools_person c ON c.id = m.chair_id LEFT JOIN schools_person r ON r.id = m.recorder_id "
)
MEETING_DOCUMENTS = MEETING_DOCUMENT.replace("{more}", "") + "ORDER BY m.scheduled_at, m.id LIMIT 50"
ONE_MEETING_DOCUMENT = MEETING_DOCUMENT.replace("{more}", ", 'results', " + RESULT_DOCUMENTS) + "WHERE m.id = %s"
# The rows the portal keeps for this purpose, one a school.
ROLL_UP = """
SELECT s.code, s.short_name, r.closed, r.on_time, r.recorded, r.faultless, r.blocked, r.warned, r.signed, r.decisions
FROM reports_standing r JOIN schools_school s ON s.id = r.school_id WHERE r.year = %s ORDER BY s.code
"""
ROLL_UP_PAGE = """
<p>{{ closed }} {{ signed }}</p>
{% for row in rows %}<a href="/schools/{{ row.0 }}/">{% for value in row %}{{ value }} {% endfor %}</a>{% endfor %}
"""


def page(template: str, context: Callable[[], dict[str, Any]], like: bytes) -> Step:
    """A bare page of as many bytes as `like`: what the small template did not write is filled up with a constant."""
    compiled = Engine().from_string(template)

    def body() -> bytes:
        return compiled.render(Context(context())).encode()

    filling = b" " * max(len(like) - len(body()), 0)
    return bare(lambda: body() + filling)


def meeting_page(sql: str, pk: object, like: bytes) -> Step:
    """One meeting."""

    def context() -> dict[str, Any]:
        *head, members, items, results, tasks, events = fetch(sql, [pk])[0]
        return {
            "head": head, "members": members, "items": items, "results": results or (), "tasks": tasks or (),
            "events": events or (),
        }  # fmt: skip

    return page(MEETING_PAGE, context, like)


def list_page(sql: str, like: bytes) -> Step:
    """Fifty rows and the choices of the school filter."""

    def context() -> dict[str, Any]:
        choices, rows = fetch(sql)[0]
        return {"choices": choices, "rows": [row.values() for row in rows]}

    return page(LIST_PAGE, context, like)


def roll_up_page(year: int, like: bytes) -> Step:
    """One cell a school and two sums."""

    def context() -> dict[str, Any]:
        rows = fetch(ROLL_UP, [year])
        return {"rows": rows, "closed": sum(row[2] for row in rows), "signed": sum(row[8] for row in rows)}

    return page(ROLL_UP_PAGE, context, like)


def documents(sql: str, values: Sequence[object] = ()) -> Step:
    """The rows of the statement as one JSON document."""
    return bare(lambda: json.dumps([row for (row,) in fetch(sql, values)], ensure_ascii=False).encode())
