-- id: duplicate-phone
-- severity: info
-- cause: duplicate-person
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, phone, created_at_ms)
-- meaning: The lead has the telephone number of an earlier lead, in whatever format, and another e-mail address.

-- A number is its last ten digits, without blanks and + - ( ) . between them; shorter ones are not judged.
-- The same address is judged by duplicate-email.
WITH bare AS (
    SELECT l.lead_id, l.created_at_ms AS at_ms, lower(trim(COALESCE(l.email, ''))) AS email,
           replace(replace(replace(replace(replace(replace(l.phone, '+', ''), ' ', ''), '-', ''), '(', ''), ')', ''), '.', '') AS phone
    FROM lead_registrations AS l
),
shared AS (
    SELECT substr(b.phone, length(b.phone) - 9, 10) AS phone
    FROM bare AS b
    WHERE length(b.phone) > 9
      AND b.email NOT LIKE '%@deeplearn-checks.invalid'
    GROUP BY substr(b.phone, length(b.phone) - 9, 10)
    HAVING MIN(b.email) <> MAX(b.email)
),
ranked AS (
    SELECT b.lead_id, b.at_ms, b.email, s.phone,
           ROW_NUMBER() OVER (PARTITION BY s.phone ORDER BY b.at_ms, b.lead_id) AS place
    FROM bare AS b
    JOIN shared AS s ON s.phone = substr(b.phone, length(b.phone) - 9, 10)
    WHERE length(b.phone) > 9
      AND b.email NOT LIKE '%@deeplearn-checks.invalid'
)
SELECT each_one.lead_id, each_one.at_ms
FROM ranked AS each_one
JOIN ranked AS earliest ON earliest.phone = each_one.phone AND earliest.place = 1
WHERE each_one.email <> earliest.email
