-- id: refund-payment-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: refund_id
-- tables: refunds (id, payment_id, currency, amount_cents, created_at_ms), payments (id)
-- meaning: A refund names a payment that Razorpay does not list.

-- Payments of the last months only: --since their first day.
SELECT r.id AS refund_id, r.amount_cents, upper(COALESCE(NULLIF(r.currency, ''), 'INR')) AS currency,
       r.created_at_ms AS at_ms
FROM refunds AS r
LEFT JOIN payments AS p ON p.id = r.payment_id
WHERE p.id IS NULL
