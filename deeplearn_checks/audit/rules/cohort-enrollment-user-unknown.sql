-- id: cohort-enrollment-user-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: cohort_enrollments (id, user_id, created_at_ms), platform_users (uid)
-- meaning: A platform user who does not exist is enrolled in a cohort.

SELECT k.id, k.created_at_ms AS at_ms
FROM cohort_enrollments AS k
LEFT JOIN platform_users AS t ON t.uid = k.user_id
WHERE k.user_id <> ''
  AND t.uid IS NULL
