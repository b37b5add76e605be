-- id: unlock-module-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: cohort_module_unlocks (id, module_id, created_at_ms), course_modules (id)
-- meaning: A module is unlocked that does not exist.

SELECT n.id, n.created_at_ms AS at_ms
FROM cohort_module_unlocks AS n
LEFT JOIN course_modules AS t ON t.id = n.module_id
WHERE n.module_id <> ''
  AND t.id IS NULL
