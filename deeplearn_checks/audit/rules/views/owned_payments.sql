-- view: owned_payments
-- tables: lead_registrations (lead_id, email, payment_ref, updated_at_ms), payments (id, order_id, currency, status,
--   email, lead_id, amount_cents, amount_refunded_cents, created_at_ms)
-- meaning: Every payment with the lead that it is of: the lead that its notes name; else the one that holds its id, then
--   its order, as reference; else, when the notes name none, one with the payer's address: of several the one updated
--   last; else none. No currency is INR, nothing paid back is 0.

WITH
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
nearest AS (
    SELECT c.payment_id, c.lead_id,
           ROW_NUMBER() OVER (PARTITION BY c.payment_id
                              ORDER BY c.distance, c.updated_at_ms DESC, c.lead_id) AS place
    FROM candidates AS c
)
SELECT p.id AS payment_id, COALESCE(l.lead_id, n.lead_id) AS lead_id, p.email, p.status, p.amount_cents,
       COALESCE(p.amount_refunded_cents, 0) AS amount_refunded_cents,
       upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency,
       p.created_at_ms
FROM payments AS p
LEFT JOIN lead_registrations AS l ON l.lead_id = p.lead_id
LEFT JOIN nearest AS n ON n.payment_id = p.id AND n.place = 1
