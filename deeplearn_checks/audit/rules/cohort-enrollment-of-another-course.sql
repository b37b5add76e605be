-- id: cohort-enrollment-of-another-course
-- severity: warning
-- cause: cohort-of-another-course
-- runbook: alert-workflow/3
-- key: id
-- tables: cohort_enrollments (id, course_id, cohort_id, created_at_ms), cohorts (id, course_id), courses (id)
-- meaning: A cohort's enrollment names another course than its cohort.

-- A course or a cohort that is not there is judged by the rules of unknown references.
SELECT k.id, k.created_at_ms AS at_ms
FROM cohort_enrollments AS k
JOIN cohorts AS h ON h.id = k.cohort_id
JOIN courses AS c ON c.id = k.course_id
WHERE h.course_id <> k.course_id
