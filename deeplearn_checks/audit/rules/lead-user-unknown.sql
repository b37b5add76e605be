-- id: lead-user-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, user_id, payment_status, created_at_ms), platform_users (uid)
-- meaning: The lead became a platform user who does not exist.

-- Empty until the lead pays; a paid lead without one, or whose user does not exist, is judged by paid-without-user.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
LEFT JOIN platform_users AS t ON t.uid = l.user_id
WHERE l.user_id <> ''
  AND l.payment_status <> 'paid'
  AND t.uid IS NULL
