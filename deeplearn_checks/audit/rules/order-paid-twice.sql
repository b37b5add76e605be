-- id: order-paid-twice
-- severity: warning
-- cause: order-paid-twice
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: payments (id, order_id, currency, status, email, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: One order took money more than once: each payment after the first.

-- An order is paid once: a declined attempt before is usual, a second captured payment is not.
SELECT charged.payment_id, charged.amount_cents, charged.currency, charged.at_ms
FROM (
    SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms,
           ROW_NUMBER() OVER (PARTITION BY p.order_id ORDER BY p.created_at_ms, p.id) AS place
    FROM payments AS p
    WHERE p.status = 'captured'
      AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
      AND p.order_id <> ''
      AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
) AS charged
WHERE charged.place > 1
