-- id: enrollment-user-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, created_at_ms), platform_users (uid)
-- meaning: A platform user who does not exist is enrolled in a course.

SELECT e.course_id, e.user_id, e.created_at_ms AS at_ms
FROM course_enrollments AS e
LEFT JOIN platform_users AS t ON t.uid = e.user_id
WHERE e.user_id <> ''
  AND t.uid IS NULL
