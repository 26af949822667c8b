"""Clauses have names that outlive versions; issued model texts and adopted rules of procedure never change."""

from django.db import migrations, models

from common.triggers import refuse

ISSUED = "a version that was issued does not change"
ADOPTED = "a version that was adopted does not change"
OF_TEXT = "EXISTS (SELECT 1 FROM governance_modeltext t WHERE t.id IN ({rows}) AND t.status = 'issued')"
OF_RULES = "EXISTS (SELECT 1 FROM governance_schoolrules r WHERE r.id IN ({rows}) AND r.status = 'adopted')"
ROWS = (("INSERT", "NEW.{0}"), ("UPDATE", "OLD.{0}, NEW.{0}"), ("DELETE", "OLD.{0}"))


def _closed(table, short, status, said):
    return [
        refuse(table, f"{short}_closed_no_{event.lower()}", event, f"OLD.status = '{status}'", said)
        for event in ("UPDATE", "DELETE")
    ]


def _parts(table, short, column, condition, said):
    return [
        refuse(table, f"{short}_closed_no_{event.lower()}", event, condition.format(rows=rows.format(column)), said)
        for event, rows in ROWS
    ]


class Migration(migrations.Migration):
    dependencies = [("governance", "0007_issued_catalogues_stay")]
    operations = [
        migrations.AddField(
            "clause", "code", models.CharField("条文编码", max_length=8, default=""), preserve_default=False
        ),
        migrations.AddField(
            "modeltext", "adopted_under", models.CharField("通过事项", max_length=6, default=""), preserve_default=False
        ),
        migrations.AddField("modeltext", "sha256", models.CharField("文件摘要", max_length=64, blank=True)),
        migrations.AddField("schoolclause", "chapter", models.CharField("章", max_length=60, blank=True)),
        migrations.AddConstraint(
            "clause", models.UniqueConstraint(fields=("model_text", "code"), name="each_clause_code_once")
        ),
        *_closed("governance_modeltext", "modeltext", "issued", ISSUED),
        *_parts("governance_clause", "clause", "model_text_id", OF_TEXT, ISSUED),
        *_closed("governance_schoolrules", "schoolrules", "adopted", ADOPTED),
        *_parts("governance_schoolclause", "schoolclause", "rules_version_id", OF_RULES, ADOPTED),
        refuse(
            "governance_schoollimit",
            "schoollimit_no_update",
            "UPDATE",
            "TRUE",
            "a registered limit does not change",
            when_sqlite="1",
        ),
    ]
