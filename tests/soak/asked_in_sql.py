"""The labels as one question to the tables, written from the definitions and not from the code.

It shares nothing with ``playbook.labels`` or ``gates.case``: the playbook is read as the JSON that
is stored, everything else as rows.
"""

from collections.abc import Collection
from datetime import date

from django.db import connection

ASKED = (
    "extended_pilot",
    "learning_exercise",
    "claimed",
    "stalled",
    "handoff_risk",
    "slipping",
    "qualifying",
    "proven",
)

LABELS = """
WITH playbook AS (
    SELECT v.id, t.document::jsonb AS says
    FROM playbook_playbookversion v JOIN playbook_playbooktext t ON t.sha256 = v.sha256
), place AS (
    SELECT p.id AS playbook, s->>'key' AS stage, (s->>'number')::int AS number,
           7 * (s->'weeks'->>'high')::int AS longest
    FROM playbook p, jsonb_array_elements(p.says->'stages') s
), one AS (
    SELECT r.id, r.initiative_id, r.playbook_id, r.stage, r.claim_id, r.claim_ended_at,
           place.number, place.longest, i.*,
           %(today)s::date - (r.stage_entered_at AT TIME ZONE 'UTC')::date AS in_stage,
           %(today)s::date - (greatest(i.touched_at, r.started_at) AT TIME ZONE 'UTC')::date
               AS quiet,
           (p.says->'stall'->>'no_progress_days')::int AS quiet_allowed,
           (SELECT count(*) FROM generate_series(0, place.number - 1) AS behind(number)
            WHERE NOT EXISTS (SELECT 1 FROM gates_passage g
                WHERE g.rollout_id = r.id AND g.gate = behind.number AND g.void_since IS NULL
            )) AS owed,
           (SELECT count(*) FROM jsonb_array_elements(p.says->'mvp_items') item,
                jsonb_array_elements(item->'checks') asked
            WHERE NOT EXISTS (
                SELECT 1 FROM checklists_check c JOIN initiatives_evidence e ON e.id = c.evidence_id
                WHERE c.initiative_id = r.initiative_id AND c.key = asked->>'key'
                  AND c.status = 'met' AND e.verified_at IS NOT NULL
                  AND (c.confirmed_at IS NOT NULL OR e.verified_at >= c.met_at)
                  AND coalesce(c.valid_until >= %(today)s::date, true))) AS unmet
    FROM gates_rollout r
    JOIN playbook p ON p.id = r.playbook_id
    JOIN place ON place.playbook = r.playbook_id AND place.stage = r.stage
    JOIN (SELECT id AS initiative, touched_at, production_engineering, production_budget,
                 production_mandate,
                 regexp_replace(production_owner, '\\s', '', 'g') AS pays_owner,
                 regexp_replace(production_funder, '\\s', '', 'g') AS pays_funder,
                 regexp_replace(funding_mechanism, '\\s', '', 'g') AS pays_how,
                 lower(regexp_replace(pilot_team, '^\\s+|\\s+$', '', 'g')) AS built,
                 lower(regexp_replace(production_team, '^\\s+|\\s+$', '', 'g')) AS runs
          FROM initiatives_initiative) i ON i.initiative = r.initiative_id
    WHERE r.id = ANY(%(rollouts)s)
), judged AS (
    SELECT id,
           number >= 3 AS in_production,
           number >= 3 AND owed = 0 AND unmet = 0 AS proven,
           number = 3 AND in_stage <= longest AS in_time,
           '' IN (pays_owner, pays_funder, pays_how) AS learning_exercise,
           claim_id IS NOT NULL AND claim_ended_at IS NULL AND owed > 0 AS claimed,
           stage <> 'steady' AND (coalesce(in_stage > longest, false) OR quiet > quiet_allowed
               OR EXISTS (SELECT 1 FROM gates_pause h
                          WHERE h.rollout_id = one.id AND h.resumed_at IS NULL)) AS stalled,
           built <> '' AND runs <> '' AND built <> runs
               OR false IN (production_engineering, production_budget, production_mandate)
               AS handoff_risk,
           EXISTS (SELECT 1 FROM gates_slip s JOIN gates_passage g ON g.id = s.passage_id
                   WHERE g.rollout_id = one.id AND g.void_since IS NULL AND s.ended_on IS NULL)
               AS slipping
    FROM one
)
SELECT id, array_remove(ARRAY[
    CASE WHEN in_production AND NOT proven AND NOT in_time THEN 'extended_pilot' END,
    CASE WHEN learning_exercise THEN 'learning_exercise' END,
    CASE WHEN claimed THEN 'claimed' END,
    CASE WHEN stalled THEN 'stalled' END,
    CASE WHEN handoff_risk THEN 'handoff_risk' END,
    CASE WHEN slipping THEN 'slipping' END,
    CASE WHEN in_production AND NOT proven AND in_time THEN 'qualifying' END,
    CASE WHEN proven THEN 'proven' END
], NULL) FROM judged
"""


def labels_in_sql(rollouts: Collection[int], today: date) -> dict[int, frozenset[str]]:
    """What each of these rollouts is called on that day. One that is over is called nothing."""
    with connection.cursor() as cursor:
        cursor.execute(LABELS, {"rollouts": list(rollouts), "today": today})
        found = {pk: frozenset(labels) for pk, labels in cursor.fetchall()}
    return {pk: found.get(pk, frozenset()) for pk in rollouts}
