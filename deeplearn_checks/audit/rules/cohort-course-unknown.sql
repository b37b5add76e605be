-- id: cohort-course-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: cohorts (id, course_id, created_at_ms), courses (id)
-- meaning: The cohort is of a course that does not exist.

SELECT h.id, h.created_at_ms AS at_ms
FROM cohorts AS h
LEFT JOIN courses AS t ON t.id = h.course_id
WHERE h.course_id <> ''
  AND t.id IS NULL
