-- view: owned_payments
-- tables: lead_registrations (lead_id, email, payment_ref, updated_at_ms), payments (id, order_id, currency, status,
--   email, lead_id, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: Every payment with the lead that it is of: the lead that its notes name; else the one that holds its id, then
--   its order, as reference; else, when the notes name none, one with the payer's address: of several the one updated
--   last; else none. No currency is INR, nothing paid back is 0.

WITH
unnamed AS (
    SELECT p.id, p.order_id, p.email, p.status, p.amount_cents, p.amount_refunded_cents, p.currency, p.created_at_ms,
           CASE WHEN COALESCE(p.lead_id, '') = '' THEN lower(p.email) ELSE '' END AS payer
    FROM payments AS p
    LEFT JOIN lead_registrations AS l ON l.lead_id = p.lead_id
    WHERE l.lead_id IS NULL
),
by_reference AS (
    SELECT u.id AS payment_id, l.lead_id, l.updated_at_ms, 1 AS distance
    FROM unnamed AS u
    JOIN lead_registrations AS l ON l.payment_ref = u.id
    UNION ALL
    SELECT u.id AS payment_id, l.lead_id, l.updated_at_ms, 2 AS distance
    FROM unnamed AS u
    JOIN lead_registrations AS l ON l.payment_ref = u.order_id
    WHERE u.order_id <> ''
),
unreferenced AS (
    SELECT DISTINCT u.id, u.payer
    FROM unnamed AS u
    LEFT JOIN by_reference AS r ON r.payment_id = u.id
    WHERE u.payer <> ''
      AND r.payment_id IS NULL
),
candidates AS (
    SELECT r.payment_id, r.lead_id, r.updated_at_ms, r.distance
    FROM by_reference AS r
    UNION ALL
    SELECT u.id AS payment_id, l.lead_id, l.updated_at_ms, 3 AS distance
    FROM unreferenced AS u
    JOIN lead_registrations AS l ON lower(l.email) = u.payer
),
nearest AS (
    SELECT c.payment_id, c.lead_id,
           ROW_NUMBER() OVER (PARTITION BY c.payment_id
                              ORDER BY c.distance, c.updated_at_ms DESC, c.lead_id) AS place
    FROM candidates AS c
),
owned AS (
    SELECT p.id, l.lead_id, p.email, p.status, p.amount_cents, p.amount_refunded_cents, p.currency, p.created_at_ms
    FROM payments AS p
    JOIN lead_registrations AS l ON l.lead_id = p.lead_id
    UNION ALL
    SELECT u.id, n.lead_id, u.email, u.status, u.amount_cents, u.amount_refunded_cents, u.currency, u.created_at_ms
    FROM unnamed AS u
    LEFT JOIN nearest AS n ON n.payment_id = u.id AND n.place = 1
)
SELECT o.id AS payment_id, o.lead_id, o.email, o.status, o.amount_cents,
       COALESCE(o.amount_refunded_cents, 0) AS amount_refunded_cents,
       upper(COALESCE(NULLIF(o.currency, ''), 'INR')) AS currency,
       o.created_at_ms
FROM owned AS o
