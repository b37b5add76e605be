-- id: progress-inconsistent
-- severity: warning
-- cause: progress-inconsistent
-- runbook: certification-failure-playbook/1
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, status, progress_pct, completed_at_ms, updated_at_ms),
--   platform_users (uid, email)
-- meaning: Status, progress and completion time of the enrollment contradict each other.

SELECT e.course_id, e.user_id, e.updated_at_ms AS at_ms
FROM course_enrollments AS e
LEFT JOIN platform_users AS u ON u.uid = e.user_id
WHERE ((e.status = 'completed' AND (COALESCE(e.progress_pct, 0) <> 100 OR COALESCE(e.completed_at_ms, 0) = 0))
       OR (e.status = 'active' AND COALESCE(e.completed_at_ms, 0) <> 0))
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
