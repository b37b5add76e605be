-- id: lead-cohort-of-another-course
-- severity: warning
-- cause: cohort-of-another-course
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, course_id, cohort_id, created_at_ms), cohorts (id, course_id), courses (id)
-- meaning: The lead is of one course and of a cohort of another.

-- A course or a cohort that is not there is judged by the rules of unknown references.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
JOIN cohorts AS h ON h.id = l.cohort_id
JOIN courses AS c ON c.id = l.course_id
WHERE h.course_id <> l.course_id
