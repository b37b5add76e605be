-- id: lead-course-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, course_id, created_at_ms), courses (id)
-- meaning: The lead wants a course that does not exist.

-- Empty is no reference: a lead that chose no course has none.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
LEFT JOIN courses AS t ON t.id = l.course_id
WHERE l.course_id <> ''
  AND t.id IS NULL
