"""The remaining rules of the rule file that stored records can answer, in the shape of the engine's.

They are no part of the rule-check contract: the endpoint answers the contract's table alone. They look at what only a stored meeting
has (its number, its place, other meetings of the day, appointments, limits, tasks) or at a month of a school.
"""
