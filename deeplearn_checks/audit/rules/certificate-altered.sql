-- id: certificate-altered
-- severity: critical
-- cause: certificate-altered
-- runbook: certification-failure-playbook/4
-- key: course_id, user_id
-- people: user_id
-- tables: course_enrollments (course_id, user_id, status, certificate_url, completed_at_ms, updated_at_ms),
--   platform_users (uid, email), artifacts (course_id, user_id, issued_on, verdict, reason)
-- meaning: The certificate's file is there and does not hold what was signed: it was edited, or is another learner's.

-- The service looks for the file of the date in the URL. Under CERTIFICATE_PUBLIC_BASE_URL a URL has no date: there
-- any file of the learner for the course is taken for it.
-- The service gives no reason for a file that does not hold; of a mirrored bucket the audit tells why.
-- Several that do not hold, and none that holds and is not newer than all of them: the signing secret was rotated.
SELECT DISTINCT e.course_id, e.user_id, COALESCE(e.completed_at_ms, e.updated_at_ms) AS at_ms
FROM artifacts AS a
JOIN course_enrollments AS e
    ON a.course_id = e.course_id AND a.user_id = e.user_id
       AND (e.certificate_url NOT LIKE '%-____-__-__.___'
            OR a.issued_on = substr(e.certificate_url, length(e.certificate_url) - 13, 10))
LEFT JOIN platform_users AS u ON u.uid = e.user_id
CROSS JOIN (
    SELECT SUM(CASE WHEN a.verdict = 'invalid' THEN 1 ELSE 0 END) AS broken,
           MAX(CASE WHEN a.verdict = 'invalid' THEN e.completed_at_ms END) AS newest_broken_ms,
           MIN(CASE WHEN a.verdict = 'valid' THEN e.completed_at_ms END) AS oldest_valid_ms
    FROM artifacts AS a
    JOIN course_enrollments AS e
        ON a.course_id = e.course_id AND a.user_id = e.user_id
           AND (e.certificate_url NOT LIKE '%-____-__-__.___'
                OR a.issued_on = substr(e.certificate_url, length(e.certificate_url) - 13, 10))
    WHERE e.status = 'completed' AND COALESCE(a.reason, '') IN ('', 'signature_differs')
) AS all_of_them
WHERE e.status = 'completed'
  AND a.verdict = 'invalid'
  AND (a.reason IN ('names_another', 'unreadable')
       OR (COALESCE(a.reason, '') IN ('', 'signature_differs')
           AND NOT (all_of_them.broken > 1
               AND (all_of_them.oldest_valid_ms IS NULL
                    OR all_of_them.oldest_valid_ms > all_of_them.newest_broken_ms))))
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
