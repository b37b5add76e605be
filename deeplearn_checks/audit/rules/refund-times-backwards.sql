-- id: refund-times-backwards
-- severity: warning
-- cause: times-backwards
-- runbook: alert-workflow/3
-- key: refund_id
-- tables: refunds (id, payment_id, currency, amount_cents, created_at_ms), payments (id, created_at_ms)
-- meaning: Money went back before it came.

SELECT r.id AS refund_id, r.amount_cents, upper(COALESCE(NULLIF(r.currency, ''), 'INR')) AS currency,
       r.created_at_ms AS at_ms
FROM refunds AS r
JOIN payments AS p ON p.id = r.payment_id
WHERE r.created_at_ms < p.created_at_ms
