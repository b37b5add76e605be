-- id: unlock-cohort-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: cohort_module_unlocks (id, cohort_id, created_at_ms), cohorts (id)
-- meaning: A module is unlocked for a cohort that does not exist.

SELECT n.id, n.created_at_ms AS at_ms
FROM cohort_module_unlocks AS n
LEFT JOIN cohorts AS t ON t.id = n.cohort_id
WHERE n.cohort_id <> ''
  AND t.id IS NULL
