-- id: refunded-but-paid
-- severity: warning
-- cause: refunded-but-paid
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: payment_owners (payment_id, lead_id), lead_registrations (lead_id, email, payment_status), payments (id,
--   currency, status, email, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: Razorpay paid the money back in full, and the lead still counts as paid, with access: a refund never
--   shows.

-- Whoever paid once more and keeps that payment is paid rightly.
SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms
FROM payment_owners AS o
JOIN payments AS p ON p.id = o.payment_id
JOIN lead_registrations AS l ON l.lead_id = o.lead_id
LEFT JOIN (
    SELECT DISTINCT o.lead_id
    FROM payment_owners AS o
    JOIN payments AS p ON p.id = o.payment_id
    WHERE p.status = 'captured' AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
) AS paying ON paying.lead_id = o.lead_id
WHERE p.amount_cents > 0
  AND (p.amount_refunded_cents >= p.amount_cents OR p.status = 'refunded')
  AND COALESCE(l.payment_status, '') = 'paid'
  AND paying.lead_id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
