-- id: paid-without-user
-- severity: critical
-- cause: paid-without-user
-- runbook: payment-failure-playbook/4
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, user_id, payment_status, paid_at_ms, created_at_ms, metadata_json),
--   platform_users (uid)
-- meaning: They paid and became no platform user: there is nobody whom a course could be unlocked for.

-- The first link of the chain: user, enrollment, access, cohort enrollment, modules. A lead is reported at the
-- first link that breaks only. Activation makes the user and writes its id into the lead: neither may be missing.
SELECT l.lead_id,
       CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS amount_cents,
       upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
       COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
FROM lead_registrations AS l
LEFT JOIN platform_users AS u ON u.uid = l.user_id
WHERE l.payment_status = 'paid'
  AND (COALESCE(l.user_id, '') = '' OR u.uid IS NULL)
  -- The suite's own learner is nobody; it is left out by its reserved address in every rule about people.
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
