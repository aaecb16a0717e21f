"""What the people of the sample portfolio wrote while they worked."""

PROBLEM = "Cases wait for days because every one of them is read by hand."
BENEFIT = "Half the waiting time, at the same quality."
DESIGN = "Agreed with operations in the design workshop; the design record has the figures."
NOTES = {
    "success_criteria_set": "Handling time and rework, not satisfaction with the tool.",
    "baseline_taken": "Four weeks of figures before anything was switched on.",
    "business_metrics_positive": "Median handling time fell from 41 to 29 minutes in six weeks.",
    "non_champions_included": "57 % of the group did not volunteer; they use it as often.",
    "data_quality_at_scale": "94 % of all records pass the threshold, on the whole intake.",
    "security_assessed": "Assessment closed, two findings fixed and retested.",
    "governance_reviewed": "Register entry and impact assessment approved.",
    "performance_stable": "No breach in four weeks; p95 at 180 ms against 200.",
    "adoption_on_target": "64 % weekly use against a target of 60.",
    "exposure_within_band": "15 % of the intended population.",
    "everyone_reached": "All offices live since the third wave.",
    "within_cost": "0.9 cents a case against a ceiling of 1.2.",
}
NOTE = "Shown in the report."
FALLEN = "Two field offices went back to the old form after the spring release."
SOLUTION = "As the platform team runs it for the other services."
RESPONSE = "Built into the design, with a named owner and a monthly look."
REASONS = {
    "go": "The figures hold, and everybody who signs has signed.",
    "hold": "The connection to the source system is promised and not there.",
    "stop": "It would not pay for itself, and nobody would miss it.",
    "conditional_go": "Ready but for one thing, which has an owner and a date.",
}
OBJECTIONS = {
    "governance": "The register entry names no contact for complaints.",
    "change": "Two of five offices have had no training yet.",
}
