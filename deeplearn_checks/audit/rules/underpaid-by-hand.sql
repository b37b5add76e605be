-- id: underpaid-by-hand
-- severity: warning
-- cause: underpaid
-- runbook: alert-workflow/3
-- key: lead_id
-- people: lead_id
-- tables: lead_registrations (lead_id, email, course_id, cohort_id, payment_status, payment_provider, paid_at_ms,
--   created_at_ms, metadata_json), courses (id, price_cents), cohorts (id, fee_cents)
-- meaning: They were set paid by hand, with less than the course's price and less than the cohort's fee. The money
--   is what is missing.

-- Razorpay knows nothing of a payment by hand: only the lead's own record of it can be held against what is due.
-- A course or a cohort that is not there has no price, and a lead without an amount has no record: not judged.
SELECT paid.lead_id, paid.due_cents - paid.paid_cents AS amount_cents, paid.currency, paid.at_ms
FROM (
    SELECT l.lead_id,
           CAST(json_text(l.metadata_json, 'amount_cents') AS BIGINT) AS paid_cents,
           -- the smaller of price and fee, of which one may be 0: not asked for
           CASE WHEN COALESCE(h.fee_cents, 0) > 0 AND (c.price_cents <= 0 OR h.fee_cents < c.price_cents)
                THEN h.fee_cents ELSE c.price_cents END AS due_cents,
           upper(COALESCE(NULLIF(json_text(l.metadata_json, 'currency'), ''), 'INR')) AS currency,
           COALESCE(l.paid_at_ms, l.created_at_ms) AS at_ms
    FROM lead_registrations AS l
    JOIN courses AS c ON c.id = l.course_id
    LEFT JOIN cohorts AS h ON h.id = l.cohort_id
    WHERE l.payment_status = 'paid'
      AND COALESCE(l.payment_provider, '') NOT IN ('', 'razorpay')
      AND (COALESCE(l.cohort_id, '') = '' OR h.id IS NOT NULL)
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
) AS paid
WHERE paid.paid_cents > 0
  AND paid.paid_cents < paid.due_cents
