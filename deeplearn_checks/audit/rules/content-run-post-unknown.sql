-- id: content-run-post-unknown
-- severity: warning
-- cause: reference-broken
-- runbook: alert-workflow/3
-- key: id
-- tables: content_generation_runs (id, post_id, created_at_ms), content_posts (id)
-- meaning: The daily content job says that it wrote a post, and there is none.

-- A run that was skipped or failed has written none.
SELECT r.id, r.created_at_ms AS at_ms
FROM content_generation_runs AS r
LEFT JOIN content_posts AS t ON t.id = r.post_id
WHERE r.post_id <> ''
  AND t.id IS NULL
