-- id: lead-times-backwards
-- severity: warning
-- cause: times-backwards
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, paid_at_ms, created_at_ms, updated_at_ms)
-- meaning: The lead was changed or paid before it was created.

SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
WHERE (l.updated_at_ms < l.created_at_ms OR (l.paid_at_ms > 0 AND l.paid_at_ms < l.created_at_ms))
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
