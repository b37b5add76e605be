-- view: certificates_not_valid
-- tables: course_enrollments (course_id, user_id, status, certificate_url, completed_at_ms, updated_at_ms),
--   platform_users (uid, email), artifacts (course_id, user_id, issued_on, verdict, reason)
-- meaning: The enrollments whose certificate's file is there and shows as invalid. is_rotated says 1 where several do
--   for no other reason than their signature, and none holds that is not newer than all of them: then it is the
--   signing secret that is another.

WITH
-- The service looks for the file of the date in the URL. Under CERTIFICATE_PUBLIC_BASE_URL a URL has no date: there
-- any file of the learner for the course is taken for it.
-- The service gives no reason for a file that does not hold; of a mirrored bucket the audit tells why.
judged AS (
    SELECT e.course_id, e.user_id, e.completed_at_ms, e.updated_at_ms, a.verdict,
           CASE WHEN COALESCE(a.reason, '') IN ('', 'signature_differs') THEN 1 ELSE 0 END AS is_signature
    FROM artifacts AS a
    JOIN course_enrollments AS e
        ON a.course_id = e.course_id AND a.user_id = e.user_id
           AND (e.certificate_url NOT LIKE '%-____-__-__.___'
                OR a.issued_on = substr(e.certificate_url, length(e.certificate_url) - 13, 10))
    WHERE e.status = 'completed'
      AND COALESCE(a.reason, '') IN ('', 'signature_differs', 'names_another', 'unreadable')
),
all_of_them AS (
    SELECT SUM(CASE WHEN j.verdict = 'invalid' THEN 1 ELSE 0 END) AS broken,
           MAX(CASE WHEN j.verdict = 'invalid' THEN j.completed_at_ms END) AS newest_broken_ms,
           MIN(CASE WHEN j.verdict = 'valid' THEN j.completed_at_ms END) AS oldest_valid_ms
    FROM judged AS j
    WHERE j.is_signature = 1
)
SELECT DISTINCT j.course_id, j.user_id, COALESCE(j.completed_at_ms, j.updated_at_ms) AS at_ms,
       CASE WHEN j.is_signature = 1 AND t.broken > 1
                 AND (t.oldest_valid_ms IS NULL OR t.oldest_valid_ms > t.newest_broken_ms)
            THEN 1 ELSE 0 END AS is_rotated
FROM judged AS j
LEFT JOIN platform_users AS u ON u.uid = j.user_id
CROSS JOIN all_of_them AS t
WHERE j.verdict = 'invalid'
  AND lower(COALESCE(u.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
