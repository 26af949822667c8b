"""公开 of minutes and 审阅 of the last ones. A look back is closed with its meeting; what is not signed has no publication."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids
from common.triggers import refuse

CLOSED = "('signed', 'archived')"
OF_MEETING = f"EXISTS (SELECT 1 FROM governance_meeting m WHERE m.id = {{row}}.meeting_id AND m.status IN {CLOSED})"
SAID = "a signed meeting does not change"
UNSIGNED = "only signed minutes are made public"


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0013_dossiers"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MinutesReview",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="标识",
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False, verbose_name="建立时间")),
                ("updated_at", models.DateTimeField(editable=False, verbose_name="更新时间")),
                ("version", models.PositiveIntegerField(default=0, editable=False, verbose_name="版本")),
                (
                    "outcome",
                    models.CharField(
                        choices=[("approved", "审阅通过"), ("objected", "有异议")], max_length=8, verbose_name="结果"
                    ),
                ),
                ("objection", models.CharField(blank=True, max_length=500, verbose_name="异议")),
                (
                    "meeting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review",
                        to="governance.meeting",
                        verbose_name="会议",
                    ),
                ),
                (
                    "noted_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="登记人",
                    ),
                ),
                (
                    "reviewed",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reviews",
                        to="governance.meeting",
                        verbose_name="上次会议",
                    ),
                ),
            ],
            options={
                "verbose_name": "审阅上次会议纪要",
                "verbose_name_plural": "审阅上次会议纪要",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("objection", ""), ("outcome", "approved")),
                            models.Q(("outcome", "objected"), models.Q(("objection", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="an_objection_to_minutes_says_what",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("meeting", models.F("reviewed")), _negated=True),
                        name="no_meeting_reviews_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Publication",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=common.ids.new_id,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                        verbose_name="标识",
                    ),
                ),
                ("created_at", models.DateTimeField(editable=False, verbose_name="建立时间")),
                ("updated_at", models.DateTimeField(editable=False, verbose_name="更新时间")),
                ("version", models.PositiveIntegerField(default=0, editable=False, verbose_name="版本")),
                ("names", models.JSONField(default=list, verbose_name="另要隐去的姓名")),
                ("published_on", models.DateField(blank=True, null=True, verbose_name="公开日期")),
                ("minutes_version", models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="纪要版次")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="摘要")),
                (
                    "meeting",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="publication",
                        to="governance.meeting",
                        verbose_name="会议",
                    ),
                ),
                (
                    "published_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="公开人",
                    ),
                ),
            ],
            options={
                "verbose_name": "公开稿",
                "verbose_name_plural": "公开稿",
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("digest", ""),
                                ("minutes_version__isnull", True),
                                ("published_by__isnull", True),
                                ("published_on__isnull", True),
                            ),
                            models.Q(
                                ("minutes_version__isnull", False),
                                ("published_by__isnull", False),
                                ("published_on__isnull", False),
                                models.Q(("digest", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="published_minutes_say_when_who_and_what",
                    )
                ],
            },
        ),
        *(
            refuse(
                "governance_minutesreview",
                f"minutesreview_closed_no_{event.lower()}",
                event,
                OF_MEETING.format(row=row),
                SAID,
            )
            for event, row in (("INSERT", "NEW"), ("UPDATE", "OLD"), ("DELETE", "OLD"))
        ),
        refuse(
            "governance_publication",
            "publication_of_signed_only",
            "INSERT",
            f"NOT {OF_MEETING.format(row='NEW')}",
            UNSIGNED,
        ),
    ]
