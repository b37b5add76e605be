-- id: paid-without-payment
-- severity: critical
-- cause: paid-without-payment
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: owned_payments (lead_id, status), lead_registrations (lead_id, email, payment_status, payment_ref,
--   payment_provider, paid_at_ms, created_at_ms, metadata_json), payments (id, order_id, status)
-- meaning: They are paid by a payment that Razorpay does not know: set by hand, by a forgery, or with other keys.

-- A payment counts that moved money or reserved it: at the checkout 'authorized' is enough for the service.
-- Leads set paid by hand name another provider, and a lead without a reference is judged by
-- payment-reference-missing. Payments of the last months only: --since their first day.
SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
LEFT JOIN (
    SELECT DISTINCT p.lead_id
    FROM owned_payments AS p
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
