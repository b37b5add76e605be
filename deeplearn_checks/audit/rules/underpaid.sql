-- id: underpaid
-- severity: warning
-- cause: underpaid
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: lead_registrations (lead_id, email, payment_ref, updated_at_ms, course_id, cohort_id, payment_status),
--   payments (id, order_id, currency, status, email, lead_id, amount_cents, amount_refunded_cents, created_at_ms),
--   courses (id, price_cents), cohorts (id, fee_cents)
-- meaning: Part of a right amount was paid back, and what is left is less than the course's price and than the
--   cohort's fee. The money is what is missing.

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
-- An amount that was wrong from the start is judged by amount-mismatch, one paid back in full by refunded-but-paid.
SELECT kept.payment_id, kept.due_cents - kept.kept_cents AS amount_cents, kept.currency, kept.at_ms
FROM (
    SELECT p.id AS payment_id,
           p.amount_cents - p.amount_refunded_cents AS kept_cents,
           -- the smaller of price and fee, of which one may be 0: not asked for
           CASE WHEN COALESCE(h.fee_cents, 0) > 0 AND (c.price_cents <= 0 OR h.fee_cents < c.price_cents)
                THEN h.fee_cents ELSE c.price_cents END AS due_cents,
           upper(COALESCE(NULLIF(p.currency, ''), 'INR')) AS currency,
           p.created_at_ms AS at_ms
    FROM owners AS o
    JOIN payments AS p ON p.id = o.payment_id
    JOIN lead_registrations AS l ON l.lead_id = o.lead_id
    JOIN courses AS c ON c.id = l.course_id
    LEFT JOIN cohorts AS h ON h.id = l.cohort_id
    WHERE p.status = 'captured'
      AND p.amount_refunded_cents > 0
      AND p.amount_refunded_cents < p.amount_cents
      AND COALESCE(l.payment_status, '') = 'paid'
      AND (COALESCE(l.cohort_id, '') = '' OR h.id IS NOT NULL)
      AND (p.amount_cents = c.price_cents OR p.amount_cents = h.fee_cents)
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
      AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
) AS kept
WHERE kept.kept_cents < kept.due_cents
