"""The sample portfolio: forty-two invented initiatives, at every stage and in every trouble.

An agency's name, an initiative or a person that resembles a real one does so by chance.
"""

from __future__ import annotations

from dataclasses import dataclass

# Owners beside the people who can be signed in as; they cannot sign in.
OWNERS = (
    "Grace Lin",
    "Samuel Adeyemi",
    "Luis Ortega",
    "Priya Raman",
    "Ingrid Solberg",
    "Noor Haddad",
    "Thomas Whitfield",
    "Daniel Reyes",
)
MAYA, CAROL = "Maya Okafor", "Carol Nakamura"
GRACE, SAMUEL, LUIS, PRIYA, INGRID, NOOR, THOMAS, DANIEL = OWNERS

PORTS = ("Harbour Authority", "Berth Planning")
CUSTOMS = ("Harbour Authority", "Cargo Inspections")
PENSIONS = ("Pension Service", "Claims")
CARE = ("Pension Service", "Customer Care")
RAIL = ("Rail Administration", "Track Maintenance")
TIMES = ("Rail Administration", "Timetables")
HEALTH = ("Public Health Agency", "Field Offices")
LABS = ("Public Health Agency", "Laboratories")
LAND = ("Land Registry", "Records")
LEGAL = ("Land Registry", "Legal")
TAX = ("Revenue Service", "Enquiries")
AUDIT = ("Revenue Service", "Audit")


@dataclass(frozen=True)
class Spec:
    """One initiative: where it is, for how many weeks, how far it has come, and what ails it.

    ``done`` is the share of the next gate's requirements that is met. ``review`` is the review's
    state and the days since; ``risk`` the worst failure mode with its likelihood, impact and
    response; ``trouble`` names what happens at the end (see ``story.Story``).
    """

    name: str
    unit: tuple[str, str]
    owner: str
    stage: str
    weeks: float
    done: float = 0.5
    touched: int = 2
    review: tuple[str, int] | None = None
    risk: tuple[str, int, int, str] = ("integration", 3, 3, "planned")
    trouble: str = ""
    sponsor: str = CAROL
    impact: str = "ordinary"
    population: int = 1200
    problem: str = ""
    benefit: str = ""


@dataclass(frozen=True)
class ClaimSpec:
    """A claim from an inventory; ``days_owned`` since somebody answers for it, if anybody does."""

    name: str
    unit: tuple[str, str]
    stage: str
    words: str
    owner: str = ""
    days_owned: int = 0


SPECS = (
    # Intake
    Spec(
        "Permit letter drafts",
        LEGAL,
        MAYA,
        "intake",
        2,
        0.4,
        touched=1,
        problem="Clerks write the same forty letters by hand, each in their own words.",
        benefit="A letter ready to sign in five minutes instead of thirty.",
    ),
    Spec("Berth conflict forecast", PORTS, INGRID, "intake", 4, 0.9, review=("open", 6)),
    Spec("Enquiry routing", TAX, LUIS, "intake", 5, 1, review=("submitted", 3)),
    Spec("Cadastral map reader", LAND, NOOR, "intake", 3, 0.2, trouble="learning"),
    Spec(
        "Shift wish planner",
        RAIL,
        THOMAS,
        "intake",
        9,
        0.3,
        touched=41,
        risk=("resistance", 4, 4, "none"),
    ),
    Spec(
        "Claim letter summaries",
        PENSIONS,
        GRACE,
        "intake",
        6,
        1,
        review=("submitted", 12),
        trouble="learning",
        risk=("budget", 4, 4, "planned"),
    ),
    # Production-first pilot
    Spec(
        "Casework notes assistant",
        PENSIONS,
        MAYA,
        "pilot",
        6,
        0.55,
        touched=2,
        review=("open", 5),
        risk=("data_quality", 4, 3, "planned"),
        population=6400,
        problem="Assessors read eighty pages for a claim and miss what matters on page sixty.",
        benefit="A first reading in four minutes instead of forty, with every source shown.",
    ),
    Spec(
        "Cargo risk screening",
        CUSTOMS,
        INGRID,
        "pilot",
        3,
        0.25,
        impact="rights",
        risk=("governance", 4, 4, "planned"),
        population=900,
    ),
    Spec("Platform crowd forecast", TIMES, SAMUEL, "pilot", 7, 0.8, review=("submitted", 2)),
    Spec(
        "Outbreak signal triage",
        HEALTH,
        NOOR,
        "pilot",
        13,
        0.35,
        impact="safety",
        touched=6,
        risk=("integration", 5, 4, "none"),
        population=310,
    ),
    Spec("Refund enquiry answers", TAX, LUIS, "pilot", 5, 0.4, risk=("value", 3, 3, "in_place")),
    Spec(
        "Deed duplicate finder",
        LAND,
        PRIYA,
        "pilot",
        11,
        0.3,
        touched=36,
        risk=("budget", 4, 4, "planned"),
    ),
    Spec("Voice memo transcription", CARE, GRACE, "pilot", 2, 0.1, trouble="handoff"),
    Spec(
        "Rail defect photographs",
        RAIL,
        THOMAS,
        "pilot",
        8,
        0.5,
        trouble="paused",
        touched=3,
        risk=("readiness", 4, 3, "planned"),
    ),
    # Production readiness
    Spec(
        "Vessel arrival estimates",
        PORTS,
        INGRID,
        "readiness",
        3,
        1,
        review=("submitted", 6),
        risk=("readiness", 3, 3, "in_place"),
        population=240,
    ),
    Spec(
        "Pension forecast explanations",
        PENSIONS,
        MAYA,
        "readiness",
        2,
        0.7,
        review=("open", 4),
        risk=("resistance", 4, 3, "planned"),
        population=3100,
        problem="People call because they cannot follow how their forecast was worked out.",
        benefit="A third fewer calls, and nobody is told a wrong sum.",
    ),
    Spec(
        "Inspection report drafts",
        CUSTOMS,
        SAMUEL,
        "readiness",
        9,
        0.6,
        trouble="handoff",
        review=("open", 29),
        risk=("resistance", 4, 4, "planned"),
    ),
    Spec(
        "Laboratory sample labels",
        LABS,
        NOOR,
        "readiness",
        3,
        1,
        review=("submitted", 4),
        trouble="objection",
        risk=("governance", 4, 4, "planned"),
    ),
    Spec(
        "Timetable disruption notices",
        TIMES,
        SAMUEL,
        "readiness",
        4,
        1,
        review=("submitted", 8),
        trouble="nobody",
        sponsor=CAROL,
    ),
    Spec(
        "Mortgage deed extraction",
        LAND,
        PRIYA,
        "readiness",
        6,
        0.5,
        trouble="held",
        risk=("integration", 4, 4, "planned"),
    ),
    # Limited production
    Spec(
        "Claims triage",
        PENSIONS,
        MAYA,
        "limited",
        9,
        0.7,
        review=("open", 3),
        trouble="condition",
        risk=("data_quality", 4, 4, "planned"),
        population=6400,
        problem="Urgent claims wait in the same pile as the others.",
        benefit="Every urgent claim is read on the day on which it comes.",
    ),
    Spec(
        "Tax enquiry chatbot",
        TAX,
        LUIS,
        "limited",
        12,
        1,
        review=("submitted", 11),
        trouble="objection_change",
        risk=("resistance", 4, 3, "planned"),
        population=18000,
    ),
    Spec(
        "Track wear prediction",
        RAIL,
        THOMAS,
        "limited",
        5,
        0.4,
        risk=("data_quality", 3, 4, "in_place"),
        population=820,
    ),
    Spec(
        "Audit case selection",
        AUDIT,
        DANIEL,
        "limited",
        19,
        0.5,
        trouble="overdue_condition",
        impact="rights",
        risk=("resistance", 5, 4, "planned"),
        population=460,
    ),
    Spec(
        "Berth assignment",
        PORTS,
        INGRID,
        "limited",
        8,
        0.8,
        review=("open", 8),
        risk=("value", 2, 3, "in_place"),
        population=150,
    ),
    Spec(
        "Appointment reminders",
        HEALTH,
        NOOR,
        "limited",
        4,
        0.3,
        trouble="revoked",
        risk=("integration", 4, 4, "planned"),
        population=52000,
    ),
    Spec(
        "Title search assistant",
        LEGAL,
        PRIYA,
        "limited",
        15,
        0.6,
        touched=33,
        risk=("resistance", 4, 4, "planned"),
    ),
    # Scaled production
    Spec(
        "Correspondence sorting",
        CARE,
        GRACE,
        "scaled",
        12,
        0.8,
        trouble="lapsed",
        risk=("governance", 3, 2, "in_place"),
        population=24000,
    ),
    Spec(
        "Delay cause coding",
        TIMES,
        SAMUEL,
        "scaled",
        22,
        0.6,
        review=("submitted", 16),
        trouble="held",
        risk=("budget", 4, 4, "planned"),
        population=3800,
    ),
    Spec(
        "Specimen image check",
        LABS,
        NOOR,
        "scaled",
        7,
        0.5,
        risk=("value", 3, 3, "in_place"),
        population=640,
    ),
    Spec(
        "Return plausibility check",
        AUDIT,
        DANIEL,
        "scaled",
        10,
        0.7,
        impact="rights",
        risk=("resistance", 4, 4, "planned"),
        population=2100000,
    ),
    # Operational steady state
    Spec(
        "Container damage detection",
        CUSTOMS,
        INGRID,
        "steady",
        31,
        risk=("value", 2, 2, "in_place"),
        population=1900,
    ),
    Spec(
        "Address matching",
        LAND,
        PRIYA,
        "steady",
        24,
        risk=("data_quality", 2, 2, "in_place"),
        population=410000,
    ),
    Spec(
        "Pension letter reading",
        PENSIONS,
        GRACE,
        "steady",
        17,
        risk=("data_quality", 2, 3, "in_place"),
        population=9800,
    ),
    Spec(
        "Points heating forecast",
        RAIL,
        THOMAS,
        "steady",
        8,
        trouble="lapsed",
        risk=("integration", 2, 3, "in_place"),
        population=230,
    ),
    # Over
    Spec(
        "Courtroom note taker",
        LEGAL,
        PRIYA,
        "intake",
        20,
        0.6,
        trouble="stopped",
        risk=("governance", 5, 4, "none"),
    ),
    Spec(
        "Tunnel noise classifier",
        RAIL,
        THOMAS,
        "pilot",
        18,
        0.4,
        trouble="stopped",
        risk=("value", 4, 4, "none"),
    ),
    Spec(
        "Fare question bot",
        TIMES,
        SAMUEL,
        "limited",
        22,
        0.5,
        trouble="stopped",
        risk=("resistance", 5, 4, "planned"),
    ),
)
CLAIMS = (
    ClaimSpec("Trade pattern analytics", CUSTOMS, "steady", "Operation", DANIEL, 20),
    ClaimSpec("Benefit fraud alerts", PENSIONS, "steady", "In production", GRACE, 104),
    ClaimSpec("Soil image archive", LAND, "limited", "Implementation", PRIYA, 45),
    ClaimSpec("Pier camera counting", PORTS, "steady", "Operation"),
    ClaimSpec("Duplicate claimant search", PENSIONS, "steady", "In production"),
    ClaimSpec("Signal failure clustering", RAIL, "scaled", "Roll-out"),
    ClaimSpec("Travel advice answers", HEALTH, "steady", "Operation"),
    ClaimSpec("Invoice reading", AUDIT, "steady", "Operation"),
    ClaimSpec("Deed handwriting reader", LAND, "pilot", "Development"),
    ClaimSpec("Call reason tagging", CARE, "limited", "Implementation"),
    ClaimSpec("Seat demand model", TIMES, "retired", "Retired"),
)
