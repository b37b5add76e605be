-- id: refunded-but-paid
-- severity: warning
-- cause: refunded-but-paid
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: lead_registrations (lead_id, email, payment_ref, updated_at_ms, payment_status), payments (id, order_id,
--   currency, status, email, lead_id, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: Razorpay paid the money back in full, and the lead still counts as paid, with access: a refund never
--   shows.

WITH
-- The lead of a payment: the one that its notes name; else the one that holds its id, then its order, as
-- reference; else, when the notes name none, one with the payer's address: of several the one updated last.
unnamed AS (
    SELECT p.id AS payment_id, p.order_id,
           CASE WHEN COALESCE(p.lead_id, '') = '' THEN lower(p.email) ELSE '' END AS email
    FROM payments AS p
    LEFT JOIN lead_registrations AS l ON l.lead_id = p.lead_id
    WHERE l.lead_id IS NULL
),
candidates AS (
    SELECT u.payment_id, l.lead_id, l.updated_at_ms, 1 AS distance
    FROM unnamed AS u
    JOIN lead_registrations AS l ON l.payment_ref = u.payment_id
    UNION ALL
    SELECT u.payment_id, l.lead_id, l.updated_at_ms, 2 AS distance
    FROM unnamed AS u
    JOIN lead_registrations AS l ON l.payment_ref = u.order_id
    WHERE u.order_id <> ''
    UNION ALL
    SELECT u.payment_id, l.lead_id, l.updated_at_ms, 3 AS distance
    FROM unnamed AS u
    JOIN lead_registrations AS l ON lower(l.email) = u.email
    WHERE u.email <> ''
),
owners AS (
    SELECT p.id AS payment_id, l.lead_id
    FROM payments AS p
    JOIN lead_registrations AS l ON l.lead_id = p.lead_id
    UNION ALL
    SELECT nearest.payment_id, nearest.lead_id
    FROM (
        SELECT c.payment_id, c.lead_id,
               ROW_NUMBER() OVER (PARTITION BY c.payment_id
                                  ORDER BY c.distance, c.updated_at_ms DESC, c.lead_id) AS place
        FROM candidates AS c
    ) AS nearest
    WHERE nearest.place = 1
)
-- Whoever paid once more and keeps that payment is paid rightly.
SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms
FROM owners AS o
JOIN payments AS p ON p.id = o.payment_id
JOIN lead_registrations AS l ON l.lead_id = o.lead_id
LEFT JOIN (
    SELECT DISTINCT o.lead_id
    FROM owners AS o
    JOIN payments AS p ON p.id = o.payment_id
    WHERE p.status = 'captured' AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
) AS paying ON paying.lead_id = o.lead_id
WHERE p.amount_cents > 0
  AND (p.amount_refunded_cents >= p.amount_cents OR p.status = 'refunded')
  AND COALESCE(l.payment_status, '') = 'paid'
  AND paying.lead_id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
