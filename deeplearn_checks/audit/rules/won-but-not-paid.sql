-- id: won-but-not-paid
-- severity: warning
-- cause: won-but-not-paid
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, payment_status, updated_at_ms, metadata_json)
-- meaning: Sales counts them as won, and they have not paid.

-- Only a stored stage can be won without a payment. It is stored with the row's last update or before.
SELECT l.lead_id, l.updated_at_ms AS at_ms
FROM lead_registrations AS l
WHERE COALESCE(l.payment_status, '') <> 'paid'
  AND trim(json_text(l.metadata_json, 'crm_stage')) = 'won'
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
