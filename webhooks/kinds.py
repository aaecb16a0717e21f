"""The kinds of domain events: what stands before the dot of their verbs."""

KINDS = frozenset(
    {
        *("initiative", "unit", "import", "rollout", "wave", "slip", "decision", "promise"),
        "condition",
        *("review", "delegation", "criterion", "exception", "design", "check", "evidence"),
        *("assumption", "kill", "meeting", "dependency", "feed", "observation"),
        *("risk", "source", "metric", "exposure", "group", "practice", "improvement", "feedback"),
        *("tranche", "fund", "costs", "capacity"),
        *("playbook", "person", "setup", "token", "webhook"),
    }
)
