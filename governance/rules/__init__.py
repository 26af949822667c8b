"""The judgement of meetings: pure functions over frozen values. Nothing in here knows Django or the database."""
