-- id: paid-without-enrollment
-- severity: critical
-- cause: paid-without-enrollment
-- runbook: payment-failure-playbook/4
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, user_id, course_id, payment_status, paid_at_ms, created_at_ms,
--   metadata_json), course_enrollments (id, course_id, user_id), platform_users (uid)
-- meaning: They paid, have an account, and no enrollment in the course that they paid for.

SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
JOIN platform_users AS u ON u.uid = l.user_id
LEFT JOIN course_enrollments AS e ON e.course_id = l.course_id AND e.user_id = l.user_id
WHERE l.payment_status = 'paid'
  AND l.user_id <> ''
  AND e.id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
