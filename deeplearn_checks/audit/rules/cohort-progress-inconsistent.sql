-- id: cohort-progress-inconsistent
-- severity: warning
-- cause: progress-inconsistent
-- runbook: certification-failure-playbook/1
-- key: cohort_id, user_id
-- people: user_id
-- tables: cohort_enrollments (cohort_id, user_id, status, completion_state, progress_pct, completed_at_ms,
--   updated_at_ms), platform_users (uid, email)
-- meaning: Status, state, progress and completion time of the cohort's enrollment contradict each other.

-- A course completed without its cohort leaves the cohort's enrollment as it was: the two are not compared.
SELECT k.cohort_id, k.user_id, k.updated_at_ms AS at_ms
FROM cohort_enrollments AS k
LEFT JOIN platform_users AS u ON u.uid = k.user_id
WHERE ((k.status = 'completed' AND (COALESCE(k.completion_state, '') <> 'completed'
                                    OR COALESCE(k.progress_pct, 0) <> 100
                                    OR COALESCE(k.completed_at_ms, 0) = 0))
       OR (k.status = 'enrolled' AND (COALESCE(k.completion_state, '') = 'completed'
                                      OR COALESCE(k.completed_at_ms, 0) <> 0)))
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
