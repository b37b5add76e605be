-- id: course-staff-course-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: course_staff (id, course_id, created_at_ms), courses (id)
-- meaning: Somebody is on the staff of a course that does not exist.

SELECT s.id, s.created_at_ms AS at_ms
FROM course_staff AS s
LEFT JOIN courses AS t ON t.id = s.course_id
WHERE s.course_id <> ''
  AND t.id IS NULL
