-- id: module-course-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: course_modules (id, course_id, created_at_ms), courses (id)
-- meaning: The module is of a course that does not exist.

SELECT m.id, m.created_at_ms AS at_ms
FROM course_modules AS m
LEFT JOIN courses AS t ON t.id = m.course_id
WHERE m.course_id <> ''
  AND t.id IS NULL
