-- id: lead-user-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, user_id, created_at_ms), platform_users (uid)
-- meaning: The lead became a platform user who does not exist.

-- Empty until the lead pays; a paid lead without one is judged by paid-without-user.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
LEFT JOIN platform_users AS t ON t.uid = l.user_id
WHERE l.user_id <> ''
  AND t.uid IS NULL
