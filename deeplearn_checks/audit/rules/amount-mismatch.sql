-- id: amount-mismatch
-- severity: critical
-- cause: amount-mismatch
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: lead_registrations (lead_id, email, payment_ref, updated_at_ms, course_id, cohort_id), payments (id,
--   order_id, currency, status, email, lead_id, amount_cents, amount_refunded_cents, created_at_ms), courses (id,
--   price_cents), cohorts (id, fee_cents)
-- meaning: Captured is neither the course's price nor the cohort's fee, or another currency than INR: the service
--   compares the amount with nothing, an order for one rupee enrolls.

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
-- A course or cohort that is not there has no price, and a place that costs nothing is not judged.
-- Prices are in rupees; a service with another RAZORPAY_CURRENCY needs a copy of this rule.
SELECT p.id AS payment_id, p.amount_cents, upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency, p.created_at_ms AS at_ms
FROM owners AS o
JOIN payments AS p ON p.id = o.payment_id
JOIN lead_registrations AS l ON l.lead_id = o.lead_id
JOIN courses AS c ON c.id = l.course_id
LEFT JOIN cohorts AS h ON h.id = l.cohort_id
WHERE p.status = 'captured'
  AND COALESCE(p.amount_refunded_cents, 0) < p.amount_cents
  AND (COALESCE(l.cohort_id, '') = '' OR h.id IS NOT NULL)
  AND (c.price_cents <> 0 OR COALESCE(h.fee_cents, 0) <> 0)
  AND (upper(COALESCE(NULLIF(p.currency, ''), 'INR')) <> 'INR'
       OR (p.amount_cents <> c.price_cents AND p.amount_cents <> COALESCE(h.fee_cents, 0)))
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
