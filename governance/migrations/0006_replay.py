"""Replays of drafts; and issued rules never change, whichever door is used (R-D02: history is judged by the version of its date)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import common.ids
from common.triggers import refuse

ISSUED = "OLD.status = 'issued'"
SAID = "issued rules do not change"


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_signed_is_closed"),
        ("schools", "0002_system_posts_stand_alone"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ReplayRun",
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
                ("catalogue_version", models.PositiveIntegerField(default=0, verbose_name="目录草案的版本")),
                ("rulebook_version", models.PositiveIntegerField(default=0, verbose_name="规则草案的版本")),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("queued", "等待开始"),
                            ("running", "正在回放"),
                            ("done", "已完成"),
                            ("outdated", "草案已改"),
                            ("failed", "没有完成"),
                        ],
                        default="queued",
                        max_length=8,
                        verbose_name="状态",
                    ),
                ),
                ("until", models.DateTimeField(verbose_name="只看此前签发的会议")),
                ("meetings_total", models.PositiveIntegerField(default=0, verbose_name="会议总数")),
                ("meetings_done", models.PositiveIntegerField(default=0, verbose_name="已回放会议")),
                ("items_done", models.PositiveIntegerField(default=0, verbose_name="已回放议题")),
                ("flips_found", models.PositiveIntegerField(default=0, verbose_name="变化数")),
                ("digest", models.CharField(blank=True, max_length=64, verbose_name="结果校验码")),
                ("reached_at", models.DateTimeField(blank=True, null=True, verbose_name="回放到（时间）")),
                ("reached_id", models.UUIDField(blank=True, null=True, verbose_name="回放到（会议）")),
                ("claim", models.UUIDField(blank=True, null=True, verbose_name="由哪一次办理")),
                ("beat_at", models.DateTimeField(blank=True, null=True, verbose_name="最近一次进展")),
                ("finished_at", models.DateTimeField(blank=True, null=True, verbose_name="结束时间")),
                (
                    "catalogue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replays",
                        to="governance.catalogue",
                        verbose_name="目录草案",
                    ),
                ),
                (
                    "rulebook",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="replays",
                        to="governance.rulebook",
                        verbose_name="规则草案",
                    ),
                ),
                (
                    "started_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="发起人",
                    ),
                ),
            ],
            options={
                "verbose_name": "回放",
                "verbose_name_plural": "回放",
                "default_permissions": (),
            },
        ),
        migrations.CreateModel(
            name="ReplayFlip",
            fields=[
                ("id", models.UUIDField(default=common.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ("order", models.PositiveIntegerField(verbose_name="次序")),
                ("rule", models.CharField(max_length=8, verbose_name="规则")),
                ("matter", models.CharField(blank=True, max_length=6, verbose_name="事项编号")),
                ("before_outcome", models.CharField(max_length=16, verbose_name="原来的结果")),
                ("before_severity", models.CharField(max_length=8, verbose_name="原来的等级")),
                ("after_outcome", models.CharField(max_length=16, verbose_name="新的结果")),
                ("after_severity", models.CharField(max_length=8, verbose_name="新的等级")),
                (
                    "item",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.agendaitem",
                        verbose_name="议题",
                    ),
                ),
                (
                    "meeting",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="governance.meeting",
                        verbose_name="会议",
                    ),
                ),
                (
                    "school",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="schools.school",
                        verbose_name="学校",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="flips",
                        to="governance.replayrun",
                        verbose_name="回放",
                    ),
                ),
            ],
            options={
                "verbose_name": "回放中的变化",
                "verbose_name_plural": "回放中的变化",
                "default_permissions": (),
            },
        ),
        migrations.AddIndex(
            model_name="replayrun",
            index=models.Index(fields=["-created_at", "-id"], name="replay_recent"),
        ),
        migrations.AddConstraint(
            model_name="replayrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("catalogue",),
                name="one_live_replay_a_catalogue",
            ),
        ),
        migrations.AddConstraint(
            model_name="replayrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ["queued", "running"])),
                fields=("rulebook",),
                name="one_live_replay_a_rulebook",
            ),
        ),
        migrations.AddConstraint(
            model_name="replayrun",
            constraint=models.CheckConstraint(
                condition=models.Q(("catalogue__isnull", False), ("rulebook__isnull", False), _connector="OR"),
                name="replays_are_of_a_draft",
            ),
        ),
        migrations.AddConstraint(
            model_name="replayrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("status__in", ["queued", "running"])),
                    models.Q(("finished_at__isnull", False), ("status__in", ["done", "outdated", "failed"])),
                    _connector="OR",
                ),
                name="ended_replays_say_when",
            ),
        ),
        migrations.AddIndex(
            model_name="replayflip",
            index=models.Index(fields=["run", "school", "matter"], name="flip_groups"),
        ),
        migrations.AddConstraint(
            model_name="replayflip",
            constraint=models.UniqueConstraint(fields=("run", "order"), name="each_flip_place_once"),
        ),
        refuse("governance_rulebook", "rulebook_issued_no_update", "UPDATE", ISSUED, SAID),
        refuse("governance_rulebook", "rulebook_issued_no_delete", "DELETE", ISSUED, SAID),
    ]
