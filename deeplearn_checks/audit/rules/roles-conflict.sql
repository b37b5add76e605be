-- id: roles-conflict
-- severity: info
-- cause: roles-conflict
-- runbook: primary-console-views/1
-- key: user_id
-- people: user_id
-- tables: platform_users (uid, role, created_at_ms), course_staff (user_id, role, created_at_ms),
--   organization_staff (user_id, role, created_at_ms)
-- meaning: They hold more than one role; which one applies depends on the page.

SELECT held.user_id, MAX(held.created_at_ms) AS at_ms
FROM (
    SELECT s.user_id, s.role, s.created_at_ms FROM course_staff AS s
    UNION ALL
    SELECT s.user_id, s.role, s.created_at_ms FROM organization_staff AS s
    UNION ALL
    -- Of the many learners only those who are on a staff.
    SELECT u.uid, u.role, u.created_at_ms
    FROM platform_users AS u
    JOIN (
        SELECT s.user_id FROM course_staff AS s UNION SELECT s.user_id FROM organization_staff AS s
    ) AS staff ON staff.user_id = u.uid
) AS held
GROUP BY held.user_id
HAVING COUNT(DISTINCT held.role) > 1
