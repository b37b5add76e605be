-- id: captured-but-not-paid
-- severity: critical
-- cause: captured-but-not-paid
-- runbook: payment-failure-playbook/4
-- key: payment_id
-- tables: owned_payments (payment_id, lead_id, email, status, amount_cents, amount_refunded_cents, currency,
--   created_at_ms), lead_registrations (lead_id, email, payment_status)
-- meaning: Razorpay took the money for a lead, and the lead is not paid: they have paid for nothing.

-- Load the payments before the database is exported: what is captured in between looks like this.
SELECT p.payment_id, p.amount_cents, p.currency, p.created_at_ms AS at_ms
FROM owned_payments AS p
JOIN lead_registrations AS l ON l.lead_id = p.lead_id
WHERE p.status = 'captured'
  AND p.amount_refunded_cents < p.amount_cents
  AND COALESCE(l.payment_status, '') NOT IN ('paid', 'refunded')
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
