-- view: payment_owners
-- tables: lead_registrations (lead_id, email, payment_ref, updated_at_ms), payments (id, order_id, email, lead_id)
-- meaning: The lead of each payment that has one: the lead that its notes name; else the one that holds its id, then
--   its order, as reference; else, when the notes name none, one with the payer's address: of several the one updated
--   last.

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
)
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
