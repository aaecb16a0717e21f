"""Everything that moves or judges a rollout. Each service locks, judges the case, writes."""
