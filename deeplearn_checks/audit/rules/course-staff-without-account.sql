-- id: course-staff-without-account
-- severity: warning
-- cause: staff-without-account
-- runbook: primary-console-views/1
-- key: id
-- tables: course_staff (id, user_id, created_at_ms), platform_users (uid)
-- meaning: Somebody on the staff of a course has no platform user: they cannot sign in.

SELECT s.id, s.created_at_ms AS at_ms
FROM course_staff AS s
LEFT JOIN platform_users AS t ON t.uid = s.user_id
WHERE s.user_id <> ''
  AND t.uid IS NULL
