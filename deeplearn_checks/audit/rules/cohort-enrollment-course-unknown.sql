-- id: cohort-enrollment-course-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: cohort_enrollments (id, course_id, created_at_ms), courses (id)
-- meaning: A cohort's enrollment names a course that does not exist.

SELECT k.id, k.created_at_ms AS at_ms
FROM cohort_enrollments AS k
LEFT JOIN courses AS t ON t.id = k.course_id
WHERE k.course_id <> ''
  AND t.id IS NULL
