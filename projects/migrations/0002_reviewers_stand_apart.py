"""评审回避: nobody reviews a project of whose team he is, or of a school at which he holds or held a post."""

from django.db import migrations

from common.triggers import refuse

COUNTS = "('assigned', 'submitted')"
CONFLICT = (
    f"NEW.status IN {COUNTS} AND (EXISTS (SELECT 1 FROM projects_teammember member "
    "WHERE member.project_id = NEW.project_id AND member.person_id = NEW.reviewer_id) "
    "OR EXISTS (SELECT 1 FROM projects_flagship project WHERE project.id = NEW.project_id "
    "AND project.leader_id = NEW.reviewer_id) "
    "OR EXISTS (SELECT 1 FROM schools_appointment held, projects_flagship project WHERE project.id = NEW.project_id "
    "AND held.school_id = project.school_id AND held.person_id = NEW.reviewer_id))"
)
JOINS = (
    "EXISTS (SELECT 1 FROM projects_review review, projects_flagship project WHERE project.id = NEW.project_id "
    "AND review.project_id = project.id AND review.round = project.round AND review.reviewer_id = NEW.person_id "
    f"AND review.status IN {COUNTS})"
)
SAID = "a reviewer stands apart from the project"


class Migration(migrations.Migration):
    dependencies = [("projects", "0001_flagships"), ("schools", "0003_reviewers")]
    operations = [
        refuse("projects_review", "review_apart_insert", "INSERT", CONFLICT, SAID),
        refuse("projects_review", "review_apart_update", "UPDATE", CONFLICT, SAID),
        refuse("projects_teammember", "team_apart_insert", "INSERT", JOINS, SAID),
        refuse("projects_teammember", "team_apart_update", "UPDATE", JOINS, SAID),
    ]
