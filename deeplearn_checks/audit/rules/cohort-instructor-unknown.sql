-- id: cohort-instructor-unknown
-- severity: warning
-- cause: staff-without-account
-- runbook: primary-console-views/1
-- key: id
-- tables: cohorts (id, instructor_user_id, created_at_ms), platform_users (uid)
-- meaning: The cohort's instructor has no platform user.

-- A cohort may have no instructor yet.
SELECT h.id, h.created_at_ms AS at_ms
FROM cohorts AS h
LEFT JOIN platform_users AS t ON t.uid = h.instructor_user_id
WHERE h.instructor_user_id <> ''
  AND t.uid IS NULL
