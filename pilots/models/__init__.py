"""试点推进: documents and receipts, three-step selection, 一校一案 with its 五项工程 and 推进清单, evaluation."""

from pilots.models.evaluation import Evaluation, EvaluationAnswer, EvaluationKind, EvaluationResult
from pilots.models.foundations import Foundation, FoundationKind, FoundationStatus, FoundationText
from pilots.models.plans import Plan, PlanAnnotation, PlanSection, PlanStatus, SectionKey
from pilots.models.policies import (
    Element,
    Policy,
    PolicyClause,
    PolicyKind,
    PolicyReading,
    PolicyReceipt,
    PolicyStatus,
    ReceiptStatus,
)
from pilots.models.rows import PlanRow, RowDependency, Template, TemplateRow, TemplateStatus
from pilots.models.selection import Application, ApplicationStatus, Batch, Opinion, OpinionResult, OpinionStep

__all__ = [
    "Application",
    "ApplicationStatus",
    "Batch",
    "Element",
    "Evaluation",
    "EvaluationAnswer",
    "EvaluationKind",
    "EvaluationResult",
    "Foundation",
    "FoundationKind",
    "FoundationStatus",
    "FoundationText",
    "Opinion",
    "OpinionResult",
    "OpinionStep",
    "Plan",
    "PlanAnnotation",
    "PlanRow",
    "PlanSection",
    "PlanStatus",
    "Policy",
    "PolicyClause",
    "PolicyKind",
    "PolicyReading",
    "PolicyReceipt",
    "PolicyStatus",
    "ReceiptStatus",
    "RowDependency",
    "SectionKey",
    "Template",
    "TemplateRow",
    "TemplateStatus",
]
