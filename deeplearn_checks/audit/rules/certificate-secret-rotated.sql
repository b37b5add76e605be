-- id: certificate-secret-rotated
-- severity: critical
-- cause: certificate-secret-rotated
-- runbook: certification-failure-playbook/4
-- key: course_id, user_id
-- people: user_id
-- tables: certificates_not_valid (course_id, user_id, at_ms, is_rotated)
-- meaning: The certificate was signed with a secret that is no longer in use: it shows as invalid, and so does
--   every older one.

SELECT n.course_id, n.user_id, n.at_ms
FROM certificates_not_valid AS n
WHERE n.is_rotated = 1
