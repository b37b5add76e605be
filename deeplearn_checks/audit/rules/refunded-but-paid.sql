-- id: refunded-but-paid
-- severity: warning
-- cause: refunded-but-paid
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: owned_payments (payment_id, lead_id, email, status, amount_cents, amount_refunded_cents, currency,
--   created_at_ms), lead_registrations (lead_id, email, payment_status)
-- meaning: Razorpay paid the money back in full, and the lead still counts as paid, with access: a refund never
--   shows.

-- Whoever paid once more and keeps that payment is paid rightly.
SELECT p.payment_id, p.amount_cents, p.currency, p.created_at_ms AS at_ms
FROM owned_payments AS p
JOIN lead_registrations AS l ON l.lead_id = p.lead_id
LEFT JOIN (
    SELECT DISTINCT p.lead_id
    FROM owned_payments AS p
    WHERE p.status = 'captured' AND p.amount_refunded_cents < p.amount_cents
) AS paying ON paying.lead_id = p.lead_id
WHERE p.amount_cents > 0
  AND (p.amount_refunded_cents >= p.amount_cents OR p.status = 'refunded')
  AND COALESCE(l.payment_status, '') = 'paid'
  AND paying.lead_id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
