-- id: duplicate-email
-- severity: warning
-- cause: duplicate-person
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, course_id, created_at_ms)
-- meaning: The lead is somebody who is there already: the same address for the same course, or in another spelling
--   of upper and lower case. Each lead after the first.

-- One address for two courses is one person who wants two courses. Spelled otherwise it makes two learners even
-- then: a learner's id comes from the address as it is written.
WITH ranked AS (
    SELECT l.lead_id, l.created_at_ms AS at_ms, trim(l.email) AS email, lower(trim(l.email)) AS person,
           ROW_NUMBER() OVER (PARTITION BY lower(trim(l.email)) ORDER BY l.created_at_ms, l.lead_id) AS place,
           ROW_NUMBER() OVER (PARTITION BY lower(trim(l.email)), COALESCE(l.course_id, '')
                              ORDER BY l.created_at_ms, l.lead_id) AS place_in_course
    FROM lead_registrations AS l
    WHERE lower(trim(l.email)) IN (
        SELECT lower(trim(d.email))
        FROM lead_registrations AS d
        WHERE d.email <> ''
        GROUP BY lower(trim(d.email))
        HAVING COUNT(*) > 1
    )
)
SELECT each_one.lead_id, each_one.at_ms
FROM ranked AS each_one
JOIN ranked AS earliest ON earliest.person = each_one.person AND earliest.place = 1
WHERE (each_one.place_in_course > 1 OR each_one.email <> earliest.email)
  AND lower(COALESCE(each_one.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
