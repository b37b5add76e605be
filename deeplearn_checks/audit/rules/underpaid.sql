-- id: underpaid
-- severity: warning
-- cause: underpaid
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: owned_payments (payment_id, lead_id, email, status, amount_cents, amount_refunded_cents, currency,
--   created_at_ms), lead_registrations (lead_id, email, course_id, cohort_id, payment_status), courses (id,
--   price_cents), cohorts (id, fee_cents)
-- meaning: Part of a right amount was paid back, and what is left is less than the course's price and than the
--   cohort's fee. The money is what is missing.

-- An amount that was wrong from the start is judged by amount-mismatch, one paid back in full by refunded-but-paid.
SELECT kept.payment_id, kept.due_cents - kept.kept_cents AS amount_cents, kept.currency, kept.at_ms
FROM (
    SELECT p.payment_id,
           p.amount_cents - p.amount_refunded_cents AS kept_cents,
           -- the smaller of price and fee, of which one may be 0: not asked for
           CASE WHEN COALESCE(h.fee_cents, 0) > 0 AND (c.price_cents <= 0 OR h.fee_cents < c.price_cents)
                THEN h.fee_cents ELSE c.price_cents END AS due_cents,
           p.currency,
           p.created_at_ms AS at_ms
    FROM owned_payments AS p
    JOIN lead_registrations AS l ON l.lead_id = p.lead_id
    JOIN courses AS c ON c.id = l.course_id
    LEFT JOIN cohorts AS h ON h.id = l.cohort_id
    WHERE p.status = 'captured'
      AND p.amount_refunded_cents > 0
      AND p.amount_refunded_cents < p.amount_cents
      AND COALESCE(l.payment_status, '') = 'paid'
      AND (COALESCE(l.cohort_id, '') = '' OR h.id IS NOT NULL)
      AND (p.amount_cents = c.price_cents OR p.amount_cents = h.fee_cents)
      AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
      AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
) AS kept
WHERE kept.kept_cents < kept.due_cents
