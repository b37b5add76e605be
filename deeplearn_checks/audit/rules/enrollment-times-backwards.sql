-- id: enrollment-times-backwards
-- severity: warning
-- cause: times-backwards
-- runbook: alert-workflow/3
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, completed_at_ms, created_at_ms, updated_at_ms)
-- meaning: The enrollment was changed or completed before it was created.

SELECT e.course_id, e.user_id, e.created_at_ms AS at_ms
FROM course_enrollments AS e
WHERE e.updated_at_ms < e.created_at_ms
   OR (e.completed_at_ms > 0 AND e.completed_at_ms < e.created_at_ms)
