-- view: events_of_leads
-- tables: lead_events (event_name, lead_id)
-- meaning: Every lead that an event names, once. of_a_form says 1 where one of its events came from a form.

-- Views of a page belong to no lead and name none.
SELECT v.lead_id, MAX(CASE WHEN v.event_name = 'webinar_registration_submitted' THEN 1 ELSE 0 END) AS of_a_form
FROM lead_events AS v
WHERE v.lead_id <> ''
GROUP BY v.lead_id
