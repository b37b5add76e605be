-- id: no-module-unlocked
-- severity: warning
-- cause: no-module-unlocked
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, user_id, course_id, payment_status, paid_at_ms, created_at_ms,
--   metadata_json), course_enrollments (course_id, user_id, status), cohort_enrollments (id, cohort_id, course_id,
--   user_id, updated_at_ms), course_modules (id, course_id), cohort_module_unlocks (cohort_id, module_id),
--   platform_users (uid)
-- meaning: They paid, are in a cohort, and find every module of the course locked.

-- Of several cohorts of one course the service shows the one that was updated last, so that one is judged.
-- A course without modules has nothing to unlock. Its id is coalesced so that SQLite looks up the modules of each lead's
-- course instead of going through the leads of each course, in an order that reads another page for every one.
SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
JOIN platform_users AS u ON u.uid = l.user_id
JOIN course_enrollments AS e ON e.course_id = l.course_id AND e.user_id = l.user_id
JOIN cohort_enrollments AS k ON k.course_id = l.course_id AND k.user_id = l.user_id
LEFT JOIN (
    SELECT DISTINCT n.cohort_id, m.course_id
    FROM cohort_module_unlocks AS n
    JOIN course_modules AS m ON m.id = n.module_id
) AS unlocked ON unlocked.cohort_id = k.cohort_id AND unlocked.course_id = l.course_id
LEFT JOIN cohort_enrollments AS later
    ON later.course_id = k.course_id AND later.user_id = k.user_id AND later.updated_at_ms > k.updated_at_ms
WHERE l.payment_status = 'paid'
  AND COALESCE(l.course_id, '') IN (SELECT m.course_id FROM course_modules AS m)
  AND l.user_id <> ''
  AND e.status <> 'dropped'
  AND unlocked.cohort_id IS NULL
  AND later.id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
