"""Flagship projects (书记领雁项目), their reviews, results and selected cases."""

from projects.models.awards import Award, AwardQuerySet, Level, name_key
from projects.models.cases import SelectedCase, SelectedCaseQuerySet
from projects.models.flagships import (
    LISTED_OR_LATER,
    RUNNING,
    Area,
    Flagship,
    FlagshipArea,
    FlagshipQuerySet,
    FlagshipStatus,
    Grade,
    Kind,
    Milestone,
    TeamMember,
)
from projects.models.reports import ChangeKind, ChangeRequest, ChangeStatus, Report, ReportKind
from projects.models.reviews import CRITERIA, Criterion, Review, ReviewStatus
from projects.models.uploads import ProjectUpload

__all__ = [
    "CRITERIA",
    "LISTED_OR_LATER",
    "RUNNING",
    "Area",
    "Award",
    "AwardQuerySet",
    "ChangeKind",
    "ChangeRequest",
    "ChangeStatus",
    "Criterion",
    "Flagship",
    "FlagshipArea",
    "FlagshipQuerySet",
    "FlagshipStatus",
    "Grade",
    "Kind",
    "Level",
    "Milestone",
    "ProjectUpload",
    "Report",
    "ReportKind",
    "Review",
    "ReviewStatus",
    "SelectedCase",
    "SelectedCaseQuerySet",
    "TeamMember",
    "name_key",
]
