-- id: payment-without-lead
-- severity: critical
-- cause: payment-without-lead
-- runbook: payment-failure-playbook/4
-- key: payment_id
-- tables: payment_owners (payment_id), payments (id, currency, status, email, amount_cents, amount_refunded_cents,
--   created_at_ms)
-- meaning: Razorpay took money that belongs to no lead: the service ignores such an event and raises nothing.

SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms
FROM payments AS p
LEFT JOIN payment_owners AS o ON o.payment_id = p.id
WHERE p.status = 'captured'
  AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
  AND o.payment_id IS NULL
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
