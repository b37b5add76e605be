-- id: paid-without-payment
-- severity: critical
-- cause: paid-without-payment
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, payment_status, payment_ref, payment_provider, paid_at_ms,
--   created_at_ms, updated_at_ms, metadata_json), payments (id, order_id, status, email, lead_id)
-- meaning: They are paid by a payment that Razorpay does not know: set by hand, by a forgery, or with other keys.

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
-- A payment counts that moved money or reserved it: at the checkout 'authorized' is enough for the service.
-- Leads set paid by hand name another provider, and a lead without a reference is judged by
-- payment-reference-missing. Payments of the last months only: --since their first day.
SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
LEFT JOIN (
    SELECT o.lead_id
    FROM owners AS o
    JOIN payments AS p ON p.id = o.payment_id
    WHERE p.status IN ('captured', 'authorized', 'refunded')
) AS own ON own.lead_id = l.lead_id
LEFT JOIN payments AS named
    ON named.id = l.payment_ref AND named.status IN ('captured', 'authorized', 'refunded')
LEFT JOIN payments AS ordered
    ON ordered.order_id = l.payment_ref AND ordered.status IN ('captured', 'authorized', 'refunded')
WHERE l.payment_status = 'paid'
  AND l.payment_ref <> ''
  AND COALESCE(l.payment_provider, '') IN ('', 'razorpay')
  AND own.lead_id IS NULL
  AND named.id IS NULL
  AND ordered.id IS NULL
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
