-- id: enrollment-course-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, created_at_ms), courses (id)
-- meaning: Somebody is enrolled in a course that does not exist.

SELECT e.course_id, e.user_id, e.created_at_ms AS at_ms
FROM course_enrollments AS e
LEFT JOIN courses AS t ON t.id = e.course_id
WHERE e.course_id <> ''
  AND t.id IS NULL
