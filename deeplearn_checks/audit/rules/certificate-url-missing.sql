-- id: certificate-url-missing
-- severity: critical
-- cause: certificate-url-missing
-- runbook: certification-failure-playbook/2
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, status, certificate_url, completed_at_ms, updated_at_ms),
--   platform_users (uid, email)
-- meaning: They completed the course, and their enrollment has no certificate URL.

SELECT e.course_id, e.user_id, COALESCE(e.completed_at_ms, e.updated_at_ms) AS at_ms
FROM course_enrollments AS e
LEFT JOIN platform_users AS u ON u.uid = e.user_id
WHERE e.status = 'completed'
  AND COALESCE(e.certificate_url, '') = ''
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
