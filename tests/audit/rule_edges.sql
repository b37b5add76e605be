/* The edges of every rule: each change is made to one healthy learner, and the rule that stands above it reports what
   is said after the arrow, key by key (the columns of a key with a blank between them), or nothing. */

-- paid-without-user: a user that is null -> asha
UPDATE lead_registrations SET user_id = NULL;

-- paid-without-user: not paid -> nothing
UPDATE lead_registrations SET user_id = '', payment_status = 'failed';

-- paid-without-user: our own learner -> nothing
UPDATE lead_registrations SET user_id = '', email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- paid-without-user: no address -> asha
UPDATE lead_registrations SET user_id = '', email = NULL;

-- paid-without-user: the user does not exist -> asha
DELETE FROM platform_users WHERE uid = 'learner';

-- paid-without-enrollment: the user does not exist: broken before -> nothing
DELETE FROM platform_users WHERE uid = 'learner';
DELETE FROM course_enrollments;

-- paid-without-enrollment: in another course -> asha
UPDATE course_enrollments SET course_id = 'other';

-- paid-without-enrollment: paid for no course -> asha
UPDATE lead_registrations SET course_id = '';

-- paid-without-enrollment: no user: broken before -> nothing
UPDATE lead_registrations SET user_id = '';
DELETE FROM course_enrollments;

-- paid-without-enrollment: refunded -> nothing
UPDATE lead_registrations SET payment_status = 'refunded';
DELETE FROM course_enrollments;

-- paid-without-enrollment: metadata is no JSON -> asha
UPDATE lead_registrations SET metadata_json = '{';
DELETE FROM course_enrollments;

-- paid-without-access: dropped -> asha
UPDATE course_enrollments SET status = 'dropped';

-- paid-without-access: completed -> nothing
UPDATE course_enrollments SET status = 'completed';

-- paid-without-cohort-enrollment: in none -> asha
DELETE FROM cohort_enrollments;

-- paid-without-cohort-enrollment: in another of the course -> nothing
UPDATE cohort_enrollments SET cohort_id = 'cohort-b';

-- paid-without-cohort-enrollment: bought no cohort -> nothing
UPDATE lead_registrations SET cohort_id = '';
DELETE FROM cohort_enrollments;

-- paid-without-cohort-enrollment: dropped from the course: broken before -> nothing
UPDATE course_enrollments SET status = 'dropped';
DELETE FROM cohort_enrollments;

-- no-module-unlocked: nothing unlocked -> asha
DELETE FROM cohort_module_unlocks;

-- no-module-unlocked: a course without modules -> nothing
DELETE FROM cohort_module_unlocks;
DELETE FROM course_modules;

-- no-module-unlocked: a module of another course is unlocked -> asha
UPDATE cohort_module_unlocks SET module_id = 'elsewhere';
INSERT INTO course_modules (id, course_id) VALUES ('elsewhere', 'other');

-- no-module-unlocked: moved from a locked cohort to an open one -> nothing
INSERT INTO cohort_enrollments SELECT * FROM cohort_enrollments;
UPDATE cohort_enrollments SET id = 'k2', cohort_id = 'locked', updated_at_ms = updated_at_ms - 1 WHERE rowid = 2;

-- no-module-unlocked: moved from an open cohort to a locked one -> asha
INSERT INTO cohort_enrollments SELECT * FROM cohort_enrollments;
UPDATE cohort_enrollments SET id = 'k2', cohort_id = 'locked', updated_at_ms = updated_at_ms + 1 WHERE rowid = 2;

-- no-module-unlocked: in no cohort: broken before -> nothing
DELETE FROM cohort_module_unlocks;
DELETE FROM cohort_enrollments;

-- paid-but-not-won: stored before the payment -> asha
UPDATE lead_registrations SET metadata_json = '{"crm_stage": "qualified"}';

-- paid-but-not-won: stored with blanks -> asha
UPDATE lead_registrations SET metadata_json = '{"crm_stage": " lost "}';

-- paid-but-not-won: won is stored -> nothing
UPDATE lead_registrations SET metadata_json = '{"crm_stage": "won"}';

-- paid-but-not-won: a stage that the CRM does not know -> nothing
UPDATE lead_registrations SET metadata_json = '{"crm_stage": "thinking"}';

-- paid-but-not-won: null is stored -> nothing
UPDATE lead_registrations SET metadata_json = '{"crm_stage": null}';

-- paid-but-not-won: no metadata -> nothing
UPDATE lead_registrations SET metadata_json = NULL;

-- paid-but-not-won: our own learner -> nothing
UPDATE lead_registrations SET metadata_json = '{"crm_stage": "new"}', email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- won-but-not-paid: failed -> asha
UPDATE lead_registrations SET metadata_json = '{"crm_stage": "won"}', payment_status = 'failed';

-- won-but-not-paid: no status at all -> asha
UPDATE lead_registrations SET metadata_json = '{"crm_stage": "won"}', payment_status = NULL;

-- won-but-not-paid: nothing stored -> nothing
UPDATE lead_registrations SET payment_status = 'registered';

-- payment-reference-missing: null -> asha
UPDATE lead_registrations SET payment_ref = NULL;

-- payment-reference-missing: not paid -> nothing
UPDATE lead_registrations SET payment_ref = '', payment_status = 'registered';

-- refunded-but-enrolled: refunded -> asha
UPDATE lead_registrations SET payment_status = 'refunded';

-- refunded-but-enrolled: dropped too -> nothing
UPDATE lead_registrations SET payment_status = 'refunded';
UPDATE course_enrollments SET status = 'dropped';

-- refunded-but-enrolled: paid once more -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000  WHERE rowid = 2;
UPDATE lead_registrations SET payment_status = 'refunded' WHERE rowid = 1;

-- captured-but-not-paid: registered -> pay_1
UPDATE lead_registrations SET payment_status = 'registered';

-- captured-but-not-paid: refunded -> nothing
UPDATE lead_registrations SET payment_status = 'refunded';

-- captured-but-not-paid: declined -> nothing
UPDATE lead_registrations SET payment_status = 'failed';
UPDATE payments SET status = 'failed';

-- captured-but-not-paid: paid back -> nothing
UPDATE lead_registrations SET payment_status = 'failed';
UPDATE payments SET amount_refunded_cents = 1000;

-- captured-but-not-paid: paid back in part -> pay_1
UPDATE lead_registrations SET payment_status = 'failed';
UPDATE payments SET amount_refunded_cents = 1;

-- captured-but-not-paid: by reference -> pay_1
UPDATE lead_registrations SET payment_status = 'failed';
UPDATE payments SET lead_id = '', email = '';

-- captured-but-not-paid: by the order -> pay_1
UPDATE lead_registrations SET payment_status = 'failed', payment_ref = 'order_1';
UPDATE payments SET lead_id = NULL, email = NULL;

-- captured-but-not-paid: by the address, in whatever case -> pay_1
UPDATE lead_registrations SET payment_status = 'failed', payment_ref = '';
UPDATE payments SET lead_id = '', email = 'Asha@Example.COM';

-- captured-but-not-paid: of several leads of an address the one updated last -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , updated_at_ms = updated_at_ms + 1 WHERE rowid = 2;
UPDATE lead_registrations SET payment_ref = '';
UPDATE lead_registrations SET payment_status = 'failed' WHERE rowid = 1;
UPDATE payments SET lead_id = '';

-- captured-but-not-paid: our own learner -> nothing
UPDATE lead_registrations SET payment_status = 'failed', email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- captured-but-not-paid: our own payer -> nothing
UPDATE lead_registrations SET payment_status = 'failed';
UPDATE payments SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- payment-without-lead: nobody -> pay_1
DELETE FROM lead_registrations;

-- payment-without-lead: a lead that is gone -> pay_9
UPDATE payments SET lead_id = 'gone', id = 'pay_9', order_id = '';

-- payment-without-lead: a lead that is gone, with a known order -> nothing
UPDATE payments SET lead_id = 'gone';

-- payment-without-lead: only authorized -> nothing
DELETE FROM lead_registrations;
UPDATE payments SET status = 'authorized';

-- payment-without-lead: our own payer -> nothing
DELETE FROM lead_registrations;
UPDATE payments SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- payment-without-lead: neither order nor address -> x
UPDATE payments SET lead_id = '', email = '', order_id = '', id = 'x';
UPDATE lead_registrations SET email = '', payment_ref = '';

-- paid-without-payment: no payment -> asha
DELETE FROM payments;

-- paid-without-payment: declined -> asha
UPDATE payments SET status = 'failed';

-- paid-without-payment: authorized -> nothing
UPDATE payments SET status = 'authorized';

-- paid-without-payment: refunded -> nothing
UPDATE payments SET status = 'refunded';

-- paid-without-payment: set paid by hand -> nothing
DELETE FROM payments;
UPDATE lead_registrations SET payment_provider = 'manual';

-- paid-without-payment: no provider -> asha
DELETE FROM payments;
UPDATE lead_registrations SET payment_provider = NULL;

-- paid-without-payment: no reference: judged apart -> nothing
DELETE FROM payments;
UPDATE lead_registrations SET payment_ref = '';

-- paid-without-payment: a later event has taken the reference -> nothing
UPDATE lead_registrations SET payment_ref = 'pay_declined';

-- paid-without-payment: named by the order -> nothing
UPDATE lead_registrations SET payment_ref = 'order_1';
UPDATE payments SET lead_id = '', email = '';

-- paid-without-payment: named by the address -> nothing
UPDATE lead_registrations SET payment_ref = 'x';
UPDATE payments SET lead_id = '', email = 'ASHA@example.com';

-- paid-without-payment: our own learner -> nothing
DELETE FROM payments;
UPDATE lead_registrations SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- amount-mismatch: one rupee -> pay_1
UPDATE payments SET amount_cents = 100;

-- amount-mismatch: the cohort's fee -> nothing
UPDATE payments SET amount_cents = 900;
UPDATE cohorts SET fee_cents = 900;

-- amount-mismatch: the price beside a fee -> nothing
UPDATE cohorts SET fee_cents = 900;

-- amount-mismatch: dollars -> pay_1
UPDATE payments SET currency = 'USD';

-- amount-mismatch: no currency is rupees -> nothing
UPDATE payments SET currency = '';

-- amount-mismatch: rupees in small letters -> nothing
UPDATE payments SET currency = 'inr';

-- amount-mismatch: a place that costs nothing -> nothing
UPDATE courses SET price_cents = 0;

-- amount-mismatch: only a fee -> pay_1
UPDATE courses SET price_cents = 0;
UPDATE cohorts SET fee_cents = 900;

-- amount-mismatch: an unknown course -> nothing
UPDATE payments SET amount_cents = 1;
DELETE FROM courses;

-- amount-mismatch: an unknown cohort -> nothing
UPDATE payments SET amount_cents = 1;
DELETE FROM cohorts;

-- amount-mismatch: no cohort -> pay_1
UPDATE payments SET amount_cents = 1;
UPDATE lead_registrations SET cohort_id = '';

-- underpaid: part paid back -> pay_1
UPDATE payments SET amount_refunded_cents = 1;

-- underpaid: down to the fee -> nothing
UPDATE payments SET amount_refunded_cents = 100;
UPDATE cohorts SET fee_cents = 900;

-- underpaid: below the fee -> pay_1
UPDATE payments SET amount_refunded_cents = 101;
UPDATE cohorts SET fee_cents = 900;

-- underpaid: a fee above the price -> pay_1
UPDATE payments SET amount_refunded_cents = 1;
UPDATE cohorts SET fee_cents = 2000;

-- underpaid: wrong from the start: judged apart -> nothing
UPDATE payments SET amount_cents = 100, amount_refunded_cents = 1;

-- underpaid: a lead that is refunded -> nothing
UPDATE payments SET amount_refunded_cents = 1;
UPDATE lead_registrations SET payment_status = 'refunded';

-- underpaid-by-hand: too little -> asha
UPDATE lead_registrations SET payment_provider = 'manual', metadata_json = '{"amount_cents": 999}';

-- underpaid-by-hand: written as text -> asha
UPDATE lead_registrations SET payment_provider = 'upi', metadata_json = '{"amount_cents": "999"}';

-- underpaid-by-hand: nothing recorded -> nothing
UPDATE lead_registrations SET payment_provider = 'manual', metadata_json = '{}';

-- underpaid-by-hand: recorded is no number -> nothing
UPDATE lead_registrations SET payment_provider = 'manual', metadata_json = '{"amount_cents": "much"}';

-- underpaid-by-hand: by Razorpay: judged apart -> nothing
UPDATE lead_registrations SET metadata_json = '{"amount_cents": 999}';

-- refunded-but-paid: in full -> pay_1
UPDATE payments SET amount_refunded_cents = 1000;

-- refunded-but-paid: by status alone -> pay_1
UPDATE payments SET status = 'refunded', amount_refunded_cents = NULL;

-- refunded-but-paid: in part -> nothing
UPDATE payments SET amount_refunded_cents = 999;

-- refunded-but-paid: the lead knows -> nothing
UPDATE payments SET status = 'refunded';
UPDATE lead_registrations SET payment_status = 'refunded';

-- refunded-but-paid: another payment is kept -> nothing
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000  WHERE rowid = 2;
UPDATE payments SET amount_refunded_cents = 1000 WHERE id = 'pay_1';

-- paid-twice: two orders -> pay_2
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000  WHERE rowid = 2;

-- paid-twice: the second is paid back -> nothing
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , amount_refunded_cents = 1000 WHERE rowid = 2;

-- paid-twice: the second is declined -> nothing
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , status = 'failed' WHERE rowid = 2;

-- paid-twice: by two leads of one address for one course -> pay_2
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , email = 'ASHA@EXAMPLE.COM', payment_ref = 'pay_2' WHERE rowid = 2;
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , lead_id = 'asha-2' WHERE rowid = 2;

-- paid-twice: by two leads for two courses -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , course_id = 'other' WHERE rowid = 2;
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , lead_id = 'asha-2' WHERE rowid = 2;

-- paid-twice: by two leads without an address -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000  WHERE rowid = 2;
UPDATE lead_registrations SET email = '';
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , lead_id = 'asha-2' WHERE rowid = 2;

-- order-paid-twice: one order -> pay_2
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , order_id = 'order_1' WHERE rowid = 2;

-- order-paid-twice: a declined attempt -> nothing
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000 , order_id = 'order_1', status = 'failed' WHERE rowid = 2;

-- order-paid-twice: no orders -> nothing
INSERT INTO payments SELECT * FROM payments;
UPDATE payments SET id = 'pay_2', order_id = 'order_2', created_at_ms = 9000  WHERE rowid = 2;
UPDATE payments SET order_id = '';

-- certificate-url-missing: null -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE course_enrollments SET certificate_url = NULL;

-- certificate-url-missing: not completed -> nothing
UPDATE course_enrollments SET certificate_url = '';

-- certificate-url-missing: our own learner -> nothing
UPDATE course_enrollments SET status = 'completed';
UPDATE platform_users SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- certificate-url-missing: a user that is gone -> course learner
UPDATE course_enrollments SET status = 'completed';
DELETE FROM platform_users;

-- certificate-artifact-missing: no file -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
DELETE FROM artifacts;

-- certificate-artifact-missing: a file of another day -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET issued_on = '2026-03-01';

-- certificate-artifact-missing: a URL without a day -> nothing
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET issued_on = '2026-03-01';
UPDATE course_enrollments SET certificate_url = 'https://c/learner.svg';

-- certificate-artifact-missing: no URL: judged apart -> nothing
UPDATE course_enrollments SET status = 'completed', certificate_url = '';

-- certificate-altered: one -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = 'invalid';

-- certificate-altered: signed otherwise, in a mirrored bucket -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = 'invalid', reason = 'signature_differs';

-- certificate-altered: of another learner, in a mirrored bucket -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = 'invalid', reason = 'names_another';

-- certificate-altered: no certificate at all, in a mirrored bucket -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = 'invalid', reason = 'unreadable';

-- certificate-altered: not asked -> nothing
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = '';

-- certificate-altered: cannot tell why -> nothing
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = 'invalid', reason = 'not_completed';

-- certificate-altered: an old file of another day -> nothing
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2025-01-01', 'invalid');

-- certificate-secret-rotated: one alone is none -> nothing
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE artifacts SET verdict = 'invalid';

-- artifact-without-completion: active -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
UPDATE course_enrollments SET status = 'active';

-- artifact-without-completion: two files are one finding -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2025-01-01', '');
UPDATE course_enrollments SET status = 'active';

-- artifact-of-nobody: no enrollment -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
DELETE FROM course_enrollments;

-- artifact-of-nobody: our own learner -> nothing
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg';
INSERT INTO artifacts (key, course_id, user_id, issued_on, verdict) VALUES ('k', 'course', 'learner', '2026-03-02', 'valid');
DELETE FROM course_enrollments;
UPDATE platform_users SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- progress-inconsistent: half done -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = 5000, certificate_url = 'https://c.example/course/learner-2026-03-02.svg', progress_pct = 50;

-- progress-inconsistent: no time -> course learner
UPDATE course_enrollments SET status = 'completed', progress_pct = 100, completed_at_ms = NULL;

-- progress-inconsistent: time 0 -> nothing
UPDATE course_enrollments SET completed_at_ms = 0;

-- progress-inconsistent: active with a time -> course learner
UPDATE course_enrollments SET completed_at_ms = 5000;

-- progress-inconsistent: dropped with a time -> nothing
UPDATE course_enrollments SET completed_at_ms = 5000, status = 'dropped';

-- cohort-progress-inconsistent: state alone -> cohort learner
UPDATE cohort_enrollments SET completion_state = 'completed';

-- cohort-progress-inconsistent: status alone -> cohort learner
UPDATE cohort_enrollments SET status = 'completed';

-- lead-course-unknown: none chosen -> nothing
UPDATE lead_registrations SET course_id = '';

-- lead-course-unknown: null -> nothing
UPDATE lead_registrations SET course_id = NULL;

-- lead-course-unknown: gone -> asha
DELETE FROM courses;

-- lead-cohort-unknown: gone -> asha
DELETE FROM cohorts;

-- lead-user-unknown: gone -> asha
UPDATE lead_registrations SET payment_status = 'refunded';
DELETE FROM platform_users WHERE uid = 'learner';

-- lead-user-unknown: gone, and paid: the chain breaks there -> nothing
DELETE FROM platform_users WHERE uid = 'learner';

-- enrollment-user-unknown: gone -> course learner
DELETE FROM platform_users WHERE uid = 'learner';

-- enrollment-course-unknown: gone -> course learner
DELETE FROM courses;

-- cohort-instructor-unknown: none yet -> nothing
UPDATE cohorts SET instructor_user_id = '';

-- content-run-post-unknown: skipped -> nothing
INSERT INTO content_generation_runs (id, post_id) VALUES (1, '');

-- lead-writes-lost: a view of a page -> nothing
INSERT INTO lead_events (id, lead_id) VALUES ('v', '');

-- lead-writes-lost: the lead is gone -> e1, e2
DELETE FROM lead_registrations;

-- lead-without-event: no registration -> asha
DELETE FROM lead_events WHERE id = 'e1';

-- lead-without-event: came by a payment -> nothing
DELETE FROM lead_events WHERE id = 'e1';
UPDATE lead_registrations SET full_name = '';

-- lead-without-event: came by a payment, nothing at all -> asha
DELETE FROM lead_events;
UPDATE lead_registrations SET full_name = '';

-- lead-without-event: a lead that no event can name -> None
UPDATE lead_registrations SET lead_id = NULL;

-- lead-without-event: one whose id is empty beside one that has an id, no registration -> , asha
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = '' WHERE rowid = 2;
DELETE FROM lead_events WHERE id = 'e1';

-- lead-without-event: our own learner -> nothing
DELETE FROM lead_events;
UPDATE lead_registrations SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- duplicate-email: the same course -> asha-2
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000  WHERE rowid = 2;

-- duplicate-email: another course -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , course_id = 'other' WHERE rowid = 2;

-- duplicate-email: another course and spelling -> asha-2
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , course_id = 'other', email = 'Asha@Example.com' WHERE rowid = 2;

-- duplicate-email: no addresses -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000  WHERE rowid = 2;
UPDATE lead_registrations SET email = '';

-- duplicate-email: our own learner -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000  WHERE rowid = 2;
UPDATE lead_registrations SET email = 'Synthetic-Staging@Deeplearn-Checks.Invalid';

-- duplicate-phone: another format -> asha-2
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , email = 'b@x.in', phone = '099999.88888' WHERE rowid = 2;

-- duplicate-phone: the same address: judged apart -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , email = 'ASHA@example.com' WHERE rowid = 2;

-- duplicate-phone: too short -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , email = 'b@x.in' WHERE rowid = 2;
UPDATE lead_registrations SET phone = '99999';

-- duplicate-phone: none -> nothing
INSERT INTO lead_registrations SELECT * FROM lead_registrations;
UPDATE lead_registrations SET lead_id = 'asha-2', created_at_ms = 2000 , email = 'b@x.in' WHERE rowid = 2;
UPDATE lead_registrations SET phone = NULL;

-- lead-times-backwards: paid before -> asha
UPDATE lead_registrations SET paid_at_ms = 999;

-- lead-times-backwards: never paid -> nothing
UPDATE lead_registrations SET paid_at_ms = NULL;

-- lead-times-backwards: paid at 0 -> nothing
UPDATE lead_registrations SET paid_at_ms = 0;

-- lead-times-backwards: all at once -> nothing
UPDATE lead_registrations SET paid_at_ms = 1000, updated_at_ms = 1000;

-- enrollment-times-backwards: completed before -> course learner
UPDATE course_enrollments SET completed_at_ms = 1;

-- no-open-cohort: archived -> course
UPDATE cohorts SET status = 'archived';

-- no-open-cohort: not on sale -> nothing
UPDATE cohorts SET status = 'draft';
UPDATE courses SET status = 'draft';

-- roles-conflict: one role twice -> nothing
INSERT INTO organization_staff (id, user_id, role) VALUES ('o', 'teacher', 'teacher');

-- roles-conflict: a learner on a staff -> learner
INSERT INTO course_staff (id, user_id, role) VALUES ('o', 'learner', 'teacher');
