-- id: lead-cohort-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, cohort_id, created_at_ms), cohorts (id)
-- meaning: The lead is of a cohort that does not exist.

-- Empty is no reference: a lead that chose no cohort has none.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
LEFT JOIN cohorts AS t ON t.id = l.cohort_id
WHERE l.cohort_id <> ''
  AND t.id IS NULL
