-- id: paid-twice
-- severity: warning
-- cause: paid-twice
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: payment_owners (payment_id, lead_id), lead_registrations (lead_id, email, course_id), payments (id,
--   currency, status, email, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: They were charged once more for a course that they had paid: each payment after the first.

-- One person is one address, in whatever case it is written; a lead without an address stands for itself.
SELECT charged.payment_id, charged.amount_cents, charged.currency, charged.at_ms
FROM (
    SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms,
           ROW_NUMBER() OVER (PARTITION BY COALESCE(NULLIF(lower(l.email), ''), l.lead_id), l.course_id
                              ORDER BY p.created_at_ms, p.id) AS place
    FROM payment_owners AS o
    JOIN payments AS p ON p.id = o.payment_id
    JOIN lead_registrations AS l ON l.lead_id = o.lead_id
    WHERE p.status = 'captured'
      AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
      AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
) AS charged
WHERE charged.place > 1
