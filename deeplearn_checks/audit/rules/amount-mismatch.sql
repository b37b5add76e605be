-- id: amount-mismatch
-- severity: critical
-- cause: amount-mismatch
-- runbook: alert-workflow/3
-- key: payment_id
-- tables: owned_payments (payment_id, lead_id, email, status, amount_cents, amount_refunded_cents, currency,
--   created_at_ms), lead_registrations (lead_id, email, course_id, cohort_id), courses (id, price_cents), cohorts
--   (id, fee_cents)
-- meaning: Captured is neither the course's price nor the cohort's fee, or another currency than INR: the service
--   compares the amount with nothing, an order for one rupee enrolls.

-- A course or cohort that is not there has no price, and a place that costs nothing is not judged.
-- Prices are in rupees; a service with another RAZORPAY_CURRENCY needs a copy of this rule.
SELECT p.payment_id, p.amount_cents, p.currency, p.created_at_ms AS at_ms
FROM owned_payments AS p
JOIN lead_registrations AS l ON l.lead_id = p.lead_id
JOIN courses AS c ON c.id = l.course_id
LEFT JOIN cohorts AS h ON h.id = l.cohort_id
WHERE p.status = 'captured'
  AND p.amount_refunded_cents < p.amount_cents
  AND (COALESCE(l.cohort_id, '') = '' OR h.id IS NOT NULL)
  AND (c.price_cents <> 0 OR COALESCE(h.fee_cents, 0) <> 0)
  AND (p.currency <> 'INR'
       OR (p.amount_cents <> c.price_cents AND p.amount_cents <> COALESCE(h.fee_cents, 0)))
  AND lower(COALESCE(l.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
  AND lower(COALESCE(p.email, '')) NOT LIKE '%@deeplearn-checks.invalid'
