-- id: captured-but-not-paid
-- severity: critical
-- cause: captured-but-not-paid
-- runbook: payment-failure-playbook/4
-- key: payment_id
-- tables: payment_owners (payment_id, lead_id), lead_registrations (lead_id, email, payment_status), payments (id,
--   currency, status, email, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: Razorpay took the money for a lead, and the lead is not paid: they have paid for nothing.

-- Load the payments before the database is exported: what is captured in between looks like this.
SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms
FROM payment_owners AS o
JOIN payments AS p ON p.id = o.payment_id
JOIN lead_registrations AS l ON l.lead_id = o.lead_id
WHERE p.status = 'captured'
  AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
  AND COALESCE(l.payment_status, '') NOT IN ('paid', 'refunded')
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
