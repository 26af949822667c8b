"""Papers of a meeting as Word files and as the values that pages print: minutes, excerpts, votes, attendance."""
