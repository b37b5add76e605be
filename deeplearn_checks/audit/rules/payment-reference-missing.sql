-- id: payment-reference-missing
-- severity: critical
-- cause: payment-reference-missing
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, payment_status, payment_ref, paid_at_ms, created_at_ms, metadata_json)
-- meaning: They are paid, and nothing says by which payment.

SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
WHERE l.payment_status = 'paid'
  AND COALESCE(l.payment_ref, '') = ''
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
