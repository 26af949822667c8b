"""Matching of demands to resources (S15): pure, exact, deterministic; it knows no framework."""

from communities.matching.plain import Demand, Line, Plan, Slot, Unmet
from communities.matching.planning import match

__all__ = ["Demand", "Line", "Plan", "Slot", "Unmet", "match"]
