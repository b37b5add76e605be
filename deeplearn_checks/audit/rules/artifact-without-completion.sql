-- id: artifact-without-completion
-- severity: warning
-- cause: artifact-without-completion
-- runbook: certification-failure-playbook/1
-- key: course_id, user_id
-- people: user_id
-- tables: artifacts (course_id, user_id, uploaded_at_ms), course_enrollments (course_id, user_id, status),
--   platform_users (uid, email)
-- meaning: A certificate's file is in the bucket, and the enrollment is not completed: most often a payment event
--   was delivered again and undid the completion.

SELECT e.course_id, e.user_id, MAX(a.uploaded_at_ms) AS at_ms
FROM artifacts AS a
JOIN course_enrollments AS e ON e.course_id = a.course_id AND e.user_id = a.user_id
LEFT JOIN platform_users AS u ON u.uid = e.user_id
WHERE COALESCE(e.status, '') <> 'completed'
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
GROUP BY e.course_id, e.user_id
