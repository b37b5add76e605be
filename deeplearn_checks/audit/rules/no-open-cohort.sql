-- id: no-open-cohort
-- severity: warning
-- cause: no-open-cohort
-- runbook: primary-console-views/2
-- key: id
-- tables: courses (id, status, updated_at_ms), cohorts (course_id, status)
-- meaning: The course is on sale and has no open or live cohort: whoever pays now lands in none that runs.

SELECT c.id, c.updated_at_ms AS at_ms
FROM courses AS c
LEFT JOIN (
    SELECT DISTINCT h.course_id FROM cohorts AS h WHERE h.status IN ('open', 'live')
) AS running ON running.course_id = c.id
WHERE c.status IN ('published', 'live')
  AND running.course_id IS NULL
