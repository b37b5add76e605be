-- id: lead-writes-lost
-- severity: warning
-- cause: lead-writes-lost
-- runbook: alert-workflow/3
-- key: id
-- tables: lead_events (id, lead_id, created_at_ms), lead_registrations (lead_id), events_of_leads (lead_id)
-- meaning: Something happened to a lead whose row is not there: people registered, and nobody will call them.

SELECT v.id, v.created_at_ms AS at_ms
FROM lead_events AS v
WHERE v.lead_id IN (
    SELECT e.lead_id
    FROM events_of_leads AS e
    LEFT JOIN lead_registrations AS t ON t.lead_id = e.lead_id
    WHERE t.lead_id IS NULL
)
