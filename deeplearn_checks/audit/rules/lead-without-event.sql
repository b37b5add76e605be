-- id: lead-without-event
-- severity: warning
-- cause: lead-without-event
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, full_name, phone, created_at_ms), events_of_leads (lead_id,
--   of_a_form)
-- meaning: The lead came, and the funnel does not know: no event was written for it, so its campaign counts too few.

-- Each form writes webinar_registration_submitted, and wants name and phone. A lead that a payment created has no
-- such event, and none of the two: of it some event will do, payment_completed for one.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
WHERE (
    l.lead_id IS NULL
    OR l.lead_id IN (
        SELECT t.lead_id
        FROM lead_registrations AS t
        LEFT JOIN events_of_leads AS e ON e.lead_id = t.lead_id
        WHERE e.lead_id IS NULL
    )
    OR (l.full_name <> '' AND l.phone <> ''
        AND l.lead_id IN (SELECT e.lead_id FROM events_of_leads AS e WHERE e.of_a_form = 0))
  )
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
