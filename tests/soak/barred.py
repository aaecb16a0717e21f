"""Who may not approve what, as questions to the tables, written from ADR 10 and not from the code.

It shares nothing with ``gates.hands``, ``gates.permissions`` or the services: the playbook is read
as the JSON that is stored, everything else as rows.
"""

from datetime import datetime

from tests.soak.checker import rows

ASKED = """
    WITH asked AS (
        SELECT c->>'key' AS key, g AS gate, c->'measures' AS measures
        FROM gates_rollout r
        JOIN playbook_playbookversion v ON v.id = r.playbook_id
        JOIN playbook_playbooktext t ON t.sha256 = v.sha256,
            jsonb_array_elements(t.document::jsonb->'gates') g,
            jsonb_array_elements(g->'criteria') c
        WHERE r.id = %(rollout)s AND (g->>'number')::int = %(gate)s
    ), it AS (
        SELECT r.id AS rollout, i.id AS initiative, i.owner_id
        FROM gates_rollout r JOIN initiatives_initiative i ON i.id = r.initiative_id
        WHERE r.id = %(rollout)s
    )
"""
# They answer for what is judged: they neither sign it off nor decide.
AUTHORS = """
    SELECT 'owner' AS part, owner_id AS person FROM it
    UNION SELECT 'submitter', submitted_by_id FROM gates_review WHERE id = %(review)s
    UNION SELECT 'owner at submission', (submitted_facts->'owner'->>'id')::bigint
        FROM gates_review WHERE id = %(review)s
    UNION SELECT 'author of evidence', e.added_by_id
        FROM it JOIN gates_criterionanswer a ON a.rollout_id = it.rollout AND a.stands
        JOIN asked ON asked.key = a.criterion JOIN initiatives_evidence e ON e.id = a.evidence_id
    UNION SELECT 'author of evidence', e.added_by_id
        FROM it JOIN checklists_check c ON c.initiative_id = it.initiative AND c.status = 'met'
        JOIN initiatives_evidence e ON e.id = c.evidence_id
"""
# They entered a fact that the findings rest on: they do not decide.
HANDS = """
    UNION SELECT 'judge of a criterion', a.answered_by_id
        FROM it JOIN gates_criterionanswer a ON a.rollout_id = it.rollout AND a.stands
        JOIN asked ON asked.key = a.criterion
    UNION SELECT 'teller of a check', c.met_by_id
        FROM it JOIN checklists_check c ON c.initiative_id = it.initiative AND c.status = 'met'
        WHERE EXISTS (SELECT 1 FROM asked WHERE gate->>'rung' <> 'none')
    UNION SELECT 'assessor', s.assessed_by_id
        FROM it JOIN risks_assessment s ON s.initiative_id = it.initiative
        WHERE s.superseded_at IS NULL
    UNION SELECT 'closer of a condition', c.closed_by_id
        FROM it JOIN gates_condition c ON c.rollout_id = it.rollout
    UNION SELECT 'asker of an exception, or owner then',
            unnest(ARRAY[x.asked_by_id, x.owner_then_id])
        FROM it JOIN gates_criterionexception x ON x.rollout_id = it.rollout
        JOIN asked ON asked.key = x.criterion
        WHERE x.approved_at IS NOT NULL AND x.ended_at IS NULL AND x.voided_by_id IS NULL
    UNION SELECT 'setter or ender of a metric', unnest(ARRAY[m.set_by_id, m.ended_by_id])
        FROM it JOIN metrics_metric m ON m.initiative_id = it.initiative
        WHERE EXISTS (SELECT 1 FROM asked, jsonb_array_elements(measures) told
                      WHERE told->>'metric' = m.kind)
    UNION SELECT 'who recorded or settled a hit',
            CASE WHEN k.settled_by_id IS NULL THEN k.hit_by_id ELSE k.settled_by_id END
        FROM it JOIN initiatives_killcriterion k ON k.initiative_id = it.initiative
        WHERE k.hit_at IS NOT NULL
    UNION SELECT 'owner when it was hit', k.owner_then_id
        FROM it JOIN initiatives_killcriterion k ON k.initiative_id = it.initiative
    UNION SELECT 'lister, changer or remover of a source', unnest(s.hands)
        FROM it JOIN risks_sourcesystem s ON s.initiative_id = it.initiative
    UNION SELECT 'who agreed on a kill criterion', k.agreed_by_id
        FROM it JOIN initiatives_killcriterion k ON k.initiative_id = it.initiative
        WHERE EXISTS (SELECT 1 FROM asked WHERE (gate->>'needs_kill_criteria')::bool)
    UNION SELECT 'who settled a question', d.answered_by_id
        FROM it JOIN checklists_designanswer d ON d.initiative_id = it.initiative
        WHERE EXISTS (SELECT 1 FROM asked WHERE (gate->>'needs_design_assessment')::bool)
"""

# What was done at a moment or later by somebody who may not: who, and how they took part.
BROKEN = {
    "verified their own evidence": """
        SELECT verified_by_id, 'brought it' FROM initiatives_evidence
        WHERE verified_at >= %(at)s AND verified_by_id = added_by_id""",
    "confirmed a check of their own": """
        SELECT c.confirmed_by_id, 'brought or chose it'
        FROM checklists_check c JOIN initiatives_evidence e ON e.id = c.evidence_id
        WHERE c.confirmed_at >= %(at)s AND c.confirmed_by_id IN (e.added_by_id, c.met_by_id)""",
    "approved an exception of their own": """
        SELECT x.approved_by_id, 'asked, owns, judged or brought it'
        FROM gates_criterionexception x JOIN gates_rollout r ON r.id = x.rollout_id
        JOIN initiatives_initiative i ON i.id = r.initiative_id
        LEFT JOIN gates_criterionanswer a
            ON a.rollout_id = r.id AND a.criterion = x.criterion
        LEFT JOIN initiatives_evidence e ON e.id = a.evidence_id
        WHERE x.approved_at >= %(at)s
          AND x.approved_by_id IN (
            x.asked_by_id, i.owner_id, x.owner_then_id, a.answered_by_id, e.added_by_id)""",
    "approved money of their own": """
        SELECT t.approved_by_id, 'asked for it, or owns what it pays'
        FROM initiatives_tranche t JOIN initiatives_initiative i ON i.id = t.initiative_id
        WHERE t.approved_at >= %(at)s
          AND t.approved_by_id IN (t.requested_by_id, i.owner_id, t.owner_then_id)""",
    "released money of their own": """
        SELECT l.released_by_id, 'asked for it, approved it, or owns what it pays'
        FROM gates_release l JOIN initiatives_tranche t ON t.id = l.tranche_id
        JOIN initiatives_initiative i ON i.id = t.initiative_id
        JOIN gates_decision d ON d.id = l.decision_id
        WHERE l.released_at >= %(at)s AND (
            l.released_by_id IN (i.owner_id, t.requested_by_id, t.owner_then_id)
            OR d.decided_at < %(at)s AND l.released_by_id = t.approved_by_id
        )""",
    "settled a hit on their own initiative": """
        SELECT k.settled_by_id, 'owns it'
        FROM initiatives_killcriterion k JOIN initiatives_initiative i ON i.id = k.initiative_id
        WHERE k.settled_at >= %(at)s AND k.settled_by_id IN (i.owner_id, k.owner_then_id)""",
    "answered their own objection": """
        SELECT s.answered_by_id, 'objected' FROM gates_signoff s
        LEFT JOIN gates_delegation g ON g.id = s.delegation_id
        WHERE s.answered_at >= %(at)s AND s.answered_by_id IN (s.given_by_id, g.delegate_from_id)
        """,
    "closed a condition with nothing to show": """
        SELECT closed_by_id, 'no evidence of this initiative'
        FROM gates_condition c JOIN gates_rollout r ON r.id = c.rollout_id
        LEFT JOIN initiatives_evidence e ON e.id = c.evidence_id
        WHERE c.closed_at >= %(at)s AND e.initiative_id IS DISTINCT FROM r.initiative_id""",
    "signed without a voice": """
        SELECT s.given_by_id, s.remit FROM gates_signoff s
        LEFT JOIN gates_delegation g ON g.id = s.delegation_id
        WHERE s.given_at >= %(at)s AND NOT EXISTS (
            SELECT 1 FROM accounts_grant h JOIN accounts_user u ON u.id = h.user_id
            WHERE u.is_active AND h.role = 'reviewer' AND h.remit = s.remit
              AND h.user_id = coalesce(g.delegate_from_id, s.given_by_id)
              AND (g.id IS NULL OR g.delegate_to_id = s.given_by_id AND g.remit = s.remit
                   AND g.delegate_from_id <> s.given_by_id AND g.ended_at IS NULL
                   AND (%(at)s AT TIME ZONE 'UTC')::date BETWEEN g.first_day AND g.last_day))""",
}

DECIDED = """
    SELECT d.decided_by_id, d.rollout_id, d.gate, d.review_id, d.outcome FROM gates_decision d
    WHERE d.decided_at >= %(at)s AND d.decided_by_id IS NOT NULL
"""
SIGNED = """
    SELECT s.given_by_id, g.delegate_from_id, v.rollout_id, v.gate, v.id, s.remit
    FROM gates_signoff s JOIN gates_review v ON v.id = s.review_id
    LEFT JOIN gates_delegation g ON g.id = s.delegation_id WHERE s.given_at >= %(at)s
"""
ENTITLED = """
    SELECT u.id FROM accounts_user u WHERE u.is_active AND (
        EXISTS (SELECT 1 FROM accounts_grant g WHERE g.user_id = u.id AND g.role = 'program_office')
        OR EXISTS (SELECT 1 FROM gates_rollout r
                   JOIN initiatives_initiative i ON i.id = r.initiative_id
                   WHERE r.id = %(rollout)s AND i.sponsor_id = u.id))
"""


def authors(rollout: int, gate: int | None, review: int | None) -> dict[int, str]:
    """Who answers for what is judged at the gate, and as what."""
    return _people(ASKED + AUTHORS, rollout, gate, review)


def hands(rollout: int, gate: int | None, review: int | None) -> dict[int, str]:
    """Those, and whoever entered a fact that the gate's findings rest on."""
    return _people(ASKED + AUTHORS + HANDS, rollout, gate, review)


def entitled(rollout: int) -> set[int]:
    """Who decides on it, whatever hand they had: the program office and the sponsor."""
    return {person for (person,) in rows(ENTITLED, rollout=rollout)}


def _people(sql: str, rollout: int, gate: int | None, review: int | None) -> dict[int, str]:
    found = rows(sql, rollout=rollout, gate=gate, review=review)
    return {person: part for part, person in found if person is not None}


def self_approvals(at: datetime) -> list[str]:
    """Everything that was approved since, by somebody who may not."""
    found = [
        f"self-approval: {person} {what}: {part}"
        for what, sql in BROKEN.items()
        for person, part in rows(sql, at=at)
    ]
    for person, rollout, gate, review, outcome in rows(DECIDED, at=at):
        if part := hands(rollout, gate, review).get(person):
            found.append(f"self-approval: {person} decided {outcome}: {part}")
        if person not in entitled(rollout):
            found.append(f"self-approval: {person} decided {outcome}: not entitled")
    for person, stood_for, rollout, gate, review, remit in rows(SIGNED, at=at):
        barred = authors(rollout, gate, review)
        found += [
            f"self-approval: {each} has a voice in {remit}: {barred[each]}"
            for each in (person, stood_for)
            if each in barred
        ]
    return found
