"""评审专家: a post of no school; SQLite makes the table anew, so the triggers of 0002 are put back at the end."""

from django.db import migrations, models

from common.triggers import refuse, take_away

SYSTEM = "('system_admin', 'security_admin', 'auditor')"
CLASH = (
    "EXISTS (SELECT 1 FROM schools_appointment other WHERE other.person_id = NEW.person_id AND other.id <> NEW.id "
    "AND other.post <> NEW.post "
    f"AND (other.post IN {SYSTEM} OR NEW.post IN {SYSTEM}) "
    "AND (other.ends_on IS NULL OR other.ends_on >= NEW.starts_on) "
    "AND (NEW.ends_on IS NULL OR NEW.ends_on >= other.starts_on))"
)
SAID = "a system post stands alone in one account"


class Migration(migrations.Migration):
    dependencies = [
        ("schools", "0002_system_posts_stand_alone"),
    ]

    operations = [
        take_away("schools_appointment", "appointment_alone_insert"),
        take_away("schools_appointment", "appointment_alone_update"),
        migrations.RemoveConstraint(
            model_name="appointment",
            name="posts_stand_where_they_belong",
        ),
        migrations.AlterField(
            model_name="appointment",
            name="post",
            field=models.CharField(
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
                verbose_name="职务",
            ),
        ),
        migrations.AddConstraint(
            model_name="appointment",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("office__isnull", True),
                        (
                            "post__in",
                            [
                                "admin_team_member",
                                "clerk",
                                "committee_member",
                                "deputy_secretary",
                                "principal",
                                "secretary",
                                "vice_principal",
                            ],
                        ),
                        ("school__isnull", False),
                    ),
                    models.Q(("office__isnull", False), ("post__in", ["office"]), ("school__isnull", True)),
                    models.Q(
                        ("office__isnull", True),
                        (
                            "post__in",
                            [
                                "auditor",
                                "leader",
                                "organiser",
                                "reviewer",
                                "security_admin",
                                "supervisor",
                                "system_admin",
                            ],
                        ),
                        ("school__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="posts_stand_where_they_belong",
            ),
        ),
        refuse("schools_appointment", "appointment_alone_insert", "INSERT", CLASH, SAID),
        refuse("schools_appointment", "appointment_alone_update", "UPDATE", CLASH, SAID),
    ]
