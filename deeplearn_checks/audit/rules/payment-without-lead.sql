-- id: payment-without-lead
-- severity: critical
-- cause: payment-without-lead
-- runbook: payment-failure-playbook/4
-- key: payment_id
-- tables: owned_payments (payment_id, lead_id, email, status, amount_cents, amount_refunded_cents, currency,
--   created_at_ms)
-- meaning: Razorpay took money that belongs to no lead: the service ignores such an event and raises nothing.

SELECT p.payment_id, p.amount_cents, p.currency, p.created_at_ms AS at_ms
FROM owned_payments AS p
WHERE p.status = 'captured'
  AND p.amount_refunded_cents < p.amount_cents
  AND p.lead_id IS NULL
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
