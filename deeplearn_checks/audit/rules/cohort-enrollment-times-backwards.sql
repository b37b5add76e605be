-- id: cohort-enrollment-times-backwards
-- severity: warning
-- cause: times-backwards
-- runbook: alert-workflow/3
-- key: cohort_id, user_id
-- people: user_id
-- tables: cohort_enrollments (cohort_id, user_id, completed_at_ms, created_at_ms, updated_at_ms)
-- meaning: The cohort's enrollment was changed or completed before it was created.

SELECT k.cohort_id, k.user_id, k.created_at_ms AS at_ms
FROM cohort_enrollments AS k
WHERE k.updated_at_ms < k.created_at_ms
   OR (k.completed_at_ms > 0 AND k.completed_at_ms < k.created_at_ms)
