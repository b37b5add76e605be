-- id: certificate-altered
-- severity: critical
-- cause: certificate-altered
-- runbook: certification-failure-playbook/4
-- key: course_id, user_id
-- people: user_id
-- tables: certificates_not_valid (course_id, user_id, at_ms, is_rotated)
-- meaning: The certificate's file is there and does not hold what was signed: it was edited, or is another learner's.

SELECT n.course_id, n.user_id, n.at_ms
FROM certificates_not_valid AS n
WHERE n.is_rotated = 0
