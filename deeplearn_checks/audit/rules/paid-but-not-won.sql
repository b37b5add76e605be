-- id: paid-but-not-won
-- severity: critical
-- cause: paid-but-not-won
-- runbook: payment-failure-playbook/4
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, payment_status, paid_at_ms, created_at_ms, metadata_json)
-- meaning: They paid, and an operator's stage says otherwise: sales goes on calling somebody who has paid.

-- Where no stage is stored, or one that the CRM does not know, the stage of a paid lead is derived: won.
SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
WHERE l.payment_status = 'paid'
  AND trim(json_text(l.metadata_json, 'crm_stage')) IN ('new', 'contacted', 'qualified', 'payment_pending', 'lost')
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
