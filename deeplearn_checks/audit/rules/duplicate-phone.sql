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
WITH numbered AS (
    SELECT bare.lead_id, bare.at_ms, bare.email, substr(bare.phone, length(bare.phone) - 9, 10) AS phone
    FROM (
        SELECT l.lead_id, l.created_at_ms AS at_ms, lower(trim(COALESCE(l.email, ''))) AS email,
               replace(replace(replace(replace(replace(replace(l.phone, '+', ''), ' ', ''), '-', ''), '(', ''), ')', ''), '.', '') AS phone
        FROM lead_registrations AS l
    ) AS bare
    WHERE length(bare.phone) > 9
      AND lower(COALESCE(bare.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
),
ranked AS (
    SELECT n.lead_id, n.at_ms, n.email, n.phone,
           ROW_NUMBER() OVER (PARTITION BY n.phone ORDER BY n.at_ms, n.lead_id) AS place
    FROM numbered AS n
    WHERE n.phone IN (
        SELECT d.phone FROM numbered AS d GROUP BY d.phone HAVING MIN(d.email) <> MAX(d.email)
    )
)
SELECT each_one.lead_id, each_one.at_ms
FROM ranked AS each_one
JOIN ranked AS earliest ON earliest.phone = each_one.phone AND earliest.place = 1
WHERE each_one.email <> earliest.email
