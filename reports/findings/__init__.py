"""议事规范: what the rules found, counted by rule, school, matter and month, and compared with peers."""
