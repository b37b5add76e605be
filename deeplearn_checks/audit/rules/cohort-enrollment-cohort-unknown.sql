-- id: cohort-enrollment-cohort-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: cohort_enrollments (id, cohort_id, created_at_ms), cohorts (id)
-- meaning: Somebody is enrolled in a cohort that does not exist.

SELECT k.id, k.created_at_ms AS at_ms
FROM cohort_enrollments AS k
LEFT JOIN cohorts AS t ON t.id = k.cohort_id
WHERE k.cohort_id <> ''
  AND t.id IS NULL
