"""No plan is handed in while a row lacks one of 四明确, and rows stand still while the plan is not with the school."""

from django.db import migrations, models

from common.triggers import refuse

LACKING = (
    "trim(pilots_planrow.target) = '' OR trim(pilots_planrow.measures) = '' "
    "OR pilots_planrow.due_on IS NULL OR pilots_planrow.responsible_id IS NULL"
)
HANDED_IN = (
    "NEW.status IN ('submitted', 'approved') AND OLD.status NOT IN ('submitted', 'approved') "
    f"AND EXISTS (SELECT 1 FROM pilots_planrow WHERE pilots_planrow.plan_id = NEW.id AND ({LACKING}))"
)


def _not_with_school(row: str) -> str:
    return (
        f"EXISTS (SELECT 1 FROM pilots_plan WHERE pilots_plan.id = {row}.plan_id "
        "AND pilots_plan.status NOT IN ('draft', 'returned'))"
    )


CLOSED = "this plan is not with the school, its rows do not change"


class Migration(migrations.Migration):
    dependencies = [("pilots", "0002_foundation_texts")]

    operations = [
        migrations.AlterField(
            model_name="templaterow",
            name="post",
            field=models.CharField(
                blank=True,
                choices=[
                    ("secretary", "书记"),
                    ("principal", "校长"),
                    ("deputy_secretary", "副书记"),
                    ("committee_member", "委员"),
                    ("vice_principal", "副校长"),
                    ("admin_team_member", "行政班子成员"),
                    ("clerk", "党政办"),
                    ("office", "教办"),
                    ("organiser", "组织科"),
                    ("supervisor", "督导"),
                    ("leader", "局领导"),
                    ("reviewer", "评审专家"),
                    ("system_admin", "系统管理员"),
                    ("security_admin", "安全管理员"),
                    ("auditor", "审计管理员"),
                ],
                max_length=20,
                verbose_name="责任职务",
            ),
        ),
        refuse("pilots_plan", "plans_are_handed_in_whole", "UPDATE", HANDED_IN, "a row lacks one of the four definites"),
        refuse("pilots_planrow", "rows_stand_still", "UPDATE OF target, measures, due_on, responsible_id",
               _not_with_school("OLD"), CLOSED),
        refuse("pilots_planrow", "rows_are_not_added_later", "INSERT", _not_with_school("NEW"), CLOSED),
        refuse("pilots_planrow", "rows_are_not_taken_out_later", "DELETE", _not_with_school("OLD"), CLOSED),
    ]  # fmt: skip
