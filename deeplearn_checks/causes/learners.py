"""Causes in the chain from lead to certificate."""

from __future__ import annotations

from deeplearn_checks.causes.cause import (
    ACT,
    CERTIFICATE_URL,
    CERTIFICATE_VERIFY,
    COMPLETION,
    COORDINATOR_TAB,
    PAYMENT_ACTIVATION,
    REISSUE,
    Cause,
)

LEARNERS = (
    Cause(
        "paid-without-user",
        "A paid lead has no platform user: there is nobody whom a course could be unlocked for.",
        "open /console -> Coordinator tab -> CRM pipeline, find the lead; resend the event from the Razorpay "
        "dashboard (Developers -> Webhooks -> Events), which activates it",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "paid-but-not-won",
        "A paid lead's CRM stage is not won: sales goes on calling somebody who has paid.",
        "open /console -> Coordinator tab -> CRM pipeline and move the lead to won",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "paid-without-enrollment",
        "A paid lead has no enrollment in the course: they have paid for nothing.",
        'curl -X POST {api}/api/admin/courses/COURSE_ID/enroll -H "x-admin-token: $ADMIN_API_TOKEN" -d '
        '\'{{"user_id": "USER_ID"}}\'',
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "paid-without-cohort-enrollment",
        "A paid lead is in no cohort of the course: no sessions, no modules.",
        'curl -X POST {api}/api/admin/cohorts/COHORT_ID/enroll -H "x-admin-token: $ADMIN_API_TOKEN" -d '
        '\'{{"user_id": "USER_ID"}}\'',
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "paid-without-access",
        "A paid lead is enrolled, yet may not open the course: the enrollment is dropped or not shown to the learner.",
        "curl '{api}/api/learn/access?user_id=USER_ID' -H \"x-admin-token: $ADMIN_API_TOKEN\" ; enroll again: "
        "POST /api/admin/courses/COURSE_ID/enroll",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "won-but-not-paid",
        "Sales counts a lead as won that has not paid.",
        "open /console -> Coordinator tab -> CRM pipeline: correct the stage, or find the payment",
        ACT,
    ),
    Cause(
        "no-module-unlocked",
        "A cohort's learners find every module locked.",
        "open /console -> Coordinator tab -> Cohort operations and unlock the first module",
        ACT,
    ),
    Cause(
        "stored-stage-outlives-payment",
        "A stage that an operator stored stays when the lead is paid.",
        "let activation store the stage won, in the Worker",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "lead-writes-lost",
        "There are more registration events than rows in lead_registrations: people registered and nobody "
        "will call them.",
        "npx wrangler tail ; compare lead_events with lead_registrations: npx wrangler d1 execute ; restore "
        "with D1 time travel",
        ACT,
    ),
    Cause(
        "no-recent-leads",
        "No lead has come in for days: the form, the campaign or the path between is broken.",
        "register once by hand on the site; look for lead_capture alerts: {api}/api/admin/alerts?status=all ;"
        " threshold: DEEPLEARN_CHECKS_LEAD_SILENCE_DAYS",
        ACT,
    ),
    Cause(
        "lead-not-captured",
        "A lead was taken, by a form or by a payment that names it, and the CRM does not show it.",
        "curl {api}/api/funnel/payment/status?email=... ; compare with the row: npx wrangler d1 execute",
        ACT,
    ),
    Cause(
        "learner-multiplied",
        "Each payment event of one learner adds a lead or an enrollment instead of updating the one that is there.",
        "look for missing ON CONFLICT clauses and unique indices of lead_registrations, course_enrollments and "
        "cohort_enrollments in the last migration; roll back with: npx wrangler rollback",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "completion-not-recorded",
        "The completion action answers ok, and the enrollment is not completed: no certificate will verify.",
        "npx wrangler tail, and complete the learner again; look at its row: npx wrangler d1 execute",
        COMPLETION,
    ),
    Cause(
        "lead-storage-not-bound",
        "The Worker runs without its lead bucket: lead forms fail.",
        "restore the [[r2_buckets]] binding DEEPLEARN_LEADS in wrangler.toml and run: npx wrangler deploy",
        ACT,
    ),
    Cause(
        "lead-form-unprotected",
        "The lead form takes leads without a Turnstile token: robots fill the CRM.",
        "set TURNSTILE_REQUIRED=true and npx wrangler secret put TURNSTILE_SECRET_KEY, then: npx wrangler deploy",
        ACT,
    ),
    Cause(
        "no-open-cohort",
        "A course is on sale and has no open or live cohort: whoever pays now lands in none that runs.",
        "open /console -> Coordinator tab -> Cohort operations: open a cohort, or take the course off sale",
        COORDINATOR_TAB,
    ),
    Cause(
        "progress-inconsistent",
        "Status, progress and completion time of an enrollment contradict each other; often a payment event "
        "was delivered again after completion.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}'",
        COMPLETION,
    ),
    Cause(
        "enrollment-missing",
        "The learner has no enrollment in the course: there is nothing to complete, and completing it all the same "
        "writes a certificate file that no row names.",
        "check both ids: curl '{api}/api/learn/access?user_id=USER_ID' -H \"x-admin-token: $ADMIN_API_TOKEN\" ; enroll "
        "with POST {api}/api/admin/courses/COURSE_ID/enroll, and complete only then",
        COMPLETION,
    ),
    Cause(
        "redelivery-undoes-completion",
        "A second delivery of a payment event sets a completed learner back to active and removes the certificate.",
        "make activation idempotent in the Worker; until then re-run completions after each redelivery",
        COMPLETION,
    ),
    Cause(
        "refund-never-shows",
        "A refund event does not change a lead that is paid.",
        "handle refund.* for paid leads in the Worker; until then set such leads by hand",
        ACT,
    ),
    Cause(
        "certificate-bucket-not-bound",
        "The Worker runs without its certificate bucket: no certificate can be verified or issued.",
        "restore the [[r2_buckets]] binding DEEPLEARN_CERTIFICATES in wrangler.toml and run: npx wrangler deploy",
        CERTIFICATE_VERIFY,
    ),
    Cause(
        "certificate-url-missing",
        "A learner completed a course and has no certificate URL.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}'",
        CERTIFICATE_URL,
    ),
    Cause(
        "certificate-artifact-missing",
        "A certificate's file is not in the bucket: it cannot be verified.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}'",
        REISSUE,
    ),
    Cause(
        "certificate-altered",
        "A certificate's file does not hold what was signed: it was edited, or belongs to another learner.",
        "compare: npx wrangler r2 object get BUCKET/certificates/COURSE_ID/USER_ID-DATE.json ; then re-run "
        "the completion",
        REISSUE,
    ),
    Cause(
        "certificate-secret-rotated",
        "Certificates were signed with a secret that is no longer in use: every older one shows as invalid.",
        "npx wrangler secret put CERTIFICATE_SIGNING_SECRET with the former secret (unset: it was "
        "ADMIN_API_TOKEN), or re-run every completion",
        REISSUE,
    ),
    Cause(
        "certificate-of-nobody",
        "The service confirms a certificate for a learner who does not exist.",
        "roll back: npx wrangler rollback",
        CERTIFICATE_VERIFY,
    ),
    Cause(
        "certificate-url-unreachable",
        "The link in learners' hands does not open.",
        "curl -I the URL; check the bucket's public access and CERTIFICATE_PUBLIC_BASE_URL",
        CERTIFICATE_URL,
    ),
)
