-- id: artifact-of-nobody
-- severity: warning
-- cause: artifact-of-nobody
-- runbook: certification-failure-playbook/1
-- key: course_id, user_id
-- people: user_id
-- tables: artifacts (course_id, user_id, uploaded_at_ms), course_enrollments (id, course_id, user_id),
--   platform_users (uid, email)
-- meaning: A certificate's file is in the bucket for somebody who has no enrollment in the course.

-- Completing an enrollment that does not exist answers ok and writes the file, but no row.
SELECT a.course_id, a.user_id, MAX(a.uploaded_at_ms) AS at_ms
FROM artifacts AS a
LEFT JOIN course_enrollments AS e ON e.course_id = a.course_id AND e.user_id = a.user_id
LEFT JOIN platform_users AS u ON u.uid = a.user_id
WHERE e.id IS NULL
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
GROUP BY a.course_id, a.user_id
