-- id: paid-twice
-- severity: warning
-- cause: paid-twice
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: owned_payments (payment_id, lead_id, email, status, amount_cents, amount_refunded_cents, currency,
--   created_at_ms), lead_registrations (lead_id, email, course_id)
-- meaning: They were charged once more for a course that they had paid: each payment after the first.

-- One person is one address, in whatever case it is written; a lead without an address stands for itself.
SELECT charged.payment_id, charged.amount_cents, charged.currency, charged.at_ms
FROM (
    SELECT p.payment_id, p.amount_cents, p.currency, p.created_at_ms AS at_ms,
           ROW_NUMBER() OVER (PARTITION BY COALESCE(NULLIF(lower(l.email), ''), l.lead_id), l.course_id
                              ORDER BY p.created_at_ms, p.payment_id) AS place
    FROM owned_payments AS p
    JOIN lead_registrations AS l ON l.lead_id = p.lead_id
    WHERE p.status = 'captured'
      AND p.amount_refunded_cents < p.amount_cents
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
      AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
) AS charged
WHERE charged.place > 1
