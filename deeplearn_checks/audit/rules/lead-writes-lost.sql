-- id: lead-writes-lost
-- severity: warning
-- cause: lead-writes-lost
-- runbook: alert-workflow/3
-- key: id
-- tables: lead_events (id, lead_id, created_at_ms), lead_registrations (lead_id)
-- meaning: Something happened to a lead whose row is not there: people registered, and nobody will call them.

-- Views of a page belong to no lead and name none.
SELECT v.id, v.created_at_ms AS at_ms
FROM lead_events AS v
LEFT JOIN lead_registrations AS t ON t.lead_id = v.lead_id
WHERE v.lead_id <> ''
  AND t.lead_id IS NULL
