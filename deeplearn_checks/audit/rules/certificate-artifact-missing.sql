-- id: certificate-artifact-missing
-- severity: critical
-- cause: certificate-artifact-missing
-- runbook: certification-failure-playbook/4
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, status, certificate_url, completed_at_ms, updated_at_ms),
--   platform_users (uid, email), artifacts (key, course_id, user_id, issued_on)
-- meaning: They completed the course and hold a certificate URL, and the signed file is not in the bucket: it
--   cannot be verified.

-- The service looks for the file of the date in the URL. Under CERTIFICATE_PUBLIC_BASE_URL a URL has no date: there
-- any file of the learner for the course is taken for it.
SELECT e.course_id, e.user_id, COALESCE(e.completed_at_ms, e.updated_at_ms) AS at_ms
FROM course_enrollments AS e
LEFT JOIN artifacts AS a
    ON a.course_id = e.course_id AND a.user_id = e.user_id
       AND (e.certificate_url NOT LIKE '%-____-__-__.___'
            OR a.issued_on = substr(e.certificate_url, length(e.certificate_url) - 13, 10))
LEFT JOIN platform_users AS u ON u.uid = e.user_id
WHERE e.status = 'completed'
  AND e.certificate_url <> ''
  AND a.key IS NULL
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
