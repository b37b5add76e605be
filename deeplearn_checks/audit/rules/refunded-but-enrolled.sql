-- id: refunded-but-enrolled
-- severity: warning
-- cause: refunded-but-enrolled
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, user_id, course_id, payment_status, updated_at_ms, metadata_json),
--   course_enrollments (course_id, user_id, status)
-- meaning: Their payment was refunded, the service knows it, and their place in the course is still theirs.

-- A refund that the service does not know of is judged by refunded-but-paid.
-- Whoever paid for the same course by another lead keeps the place rightly.
SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       l.updated_at_ms AS at_ms
FROM lead_registrations AS l
JOIN course_enrollments AS e ON e.course_id = l.course_id AND e.user_id = l.user_id
LEFT JOIN lead_registrations AS other
    ON other.user_id = l.user_id AND other.course_id = l.course_id AND other.payment_status = 'paid'
WHERE l.payment_status = 'refunded'
  AND l.user_id <> ''
  AND e.status <> 'dropped'
  AND other.lead_id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
