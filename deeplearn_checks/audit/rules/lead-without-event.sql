-- id: lead-without-event
-- severity: warning
-- cause: lead-without-event
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, full_name, phone, created_at_ms), lead_events (event_name, lead_id)
-- meaning: The lead came, and the funnel does not know: no event was written for it, so its campaign counts too few.

-- Each form writes webinar_registration_submitted, and wants name and phone. A lead that a payment created has no
-- such event, and none of the two: of it some event will do, payment_completed for one.
SELECT l.lead_id, l.created_at_ms AS at_ms
FROM lead_registrations AS l
LEFT JOIN (
    SELECT v.lead_id, MAX(CASE WHEN v.event_name = 'webinar_registration_submitted' THEN 1 ELSE 0 END) AS of_a_form
    FROM lead_events AS v
    GROUP BY v.lead_id
) AS seen ON seen.lead_id = l.lead_id
WHERE (seen.lead_id IS NULL OR (seen.of_a_form = 0 AND l.full_name <> '' AND l.phone <> ''))
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
