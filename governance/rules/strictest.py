"""What a school once adopted, held against a later version of the bureau: the stricter of the two is judged by (R-D02)."""

from governance.rules.reference import Reference, ReferenceFault
from governance.rules.tighten import Changes, tighten


def strictest(reference: Reference, changes: Changes) -> Reference:
    """The reference with those settings of a school that are still stricter than it; a later bureau version overtakes the others.

    For judging alone: what a school adopts is checked by `tighten` when it is adopted, against the version of that day.
    """
    for rule_id, settings in changes.items():
        for name, value in settings.items():
            try:
                reference = tighten(reference, {rule_id: {name: value}})
            except ReferenceFault:
                continue
    return reference
