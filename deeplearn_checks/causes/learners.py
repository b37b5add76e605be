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
    Prevention,
)

LEARNERS = (
    Cause(
        "paid-without-user",
        "A paid lead has no platform user: there is nobody whom a course could be unlocked for.",
        "open /console -> Coordinator tab -> CRM pipeline, find the lead; resend the event from the Razorpay "
        "dashboard (Developers -> Webhooks -> Events), which activates it",
        PAYMENT_ACTIVATION,
        Prevention(
            code="Create user and payment status in one transaction.",
            process="Look for paid leads without a user each day (checks/ -k funnel).",
        ),
    ),
    Cause(
        "paid-but-not-won",
        "A paid lead's CRM stage is not won: sales goes on calling somebody who has paid.",
        "open /console -> Coordinator tab -> CRM pipeline and move the lead to won",
        PAYMENT_ACTIVATION,
        Prevention(code="Set the stage won in the same statement that sets the lead paid."),
    ),
    Cause(
        "paid-without-enrollment",
        "A paid lead has no enrollment in the course: they have paid for nothing.",
        'curl -X POST {api}/api/admin/courses/COURSE_ID/enroll -H "x-admin-token: $ADMIN_API_TOKEN" -d '
        '\'{{"user_id": "USER_ID"}}\'',
        PAYMENT_ACTIVATION,
        Prevention(
            code="Enroll in the same transaction that sets the lead paid, and repeat what fails.",
            process="Run the checks after each change of courses.",
        ),
    ),
    Cause(
        "paid-without-cohort-enrollment",
        "A paid lead is in no cohort of the course: no sessions, no modules.",
        'curl -X POST {api}/api/admin/cohorts/COHORT_ID/enroll -H "x-admin-token: $ADMIN_API_TOKEN" -d '
        '\'{{"user_id": "USER_ID"}}\'',
        PAYMENT_ACTIVATION,
        Prevention(
            code="Raise an alert when a paid lead finds no cohort, instead of skipping it.",
            process="Open the next cohort before the present one is full.",
        ),
    ),
    Cause(
        "paid-without-access",
        "A paid lead is enrolled, yet may not open the course: the enrollment is dropped or not shown to the learner.",
        "curl '{api}/api/learn/access?user_id=USER_ID' -H \"x-admin-token: $ADMIN_API_TOKEN\" ; enroll again: "
        "POST /api/admin/courses/COURSE_ID/enroll",
        PAYMENT_ACTIVATION,
        Prevention(
            code="Derive access from the enrollment in one place.",
            process="Drop an enrollment only together with a refund.",
        ),
    ),
    Cause(
        "won-but-not-paid",
        "Sales counts a lead as won that has not paid.",
        "open /console -> Coordinator tab -> CRM pipeline: correct the stage, or find the payment",
        ACT,
        Prevention(code="Let the stage won be set by a payment only.", process="Agree with sales that won means paid."),
    ),
    Cause(
        "no-module-unlocked",
        "A cohort's learners find every module locked.",
        "open /console -> Coordinator tab -> Cohort operations and unlock the first module",
        ACT,
        Prevention(
            code="Unlock the first module when a cohort starts.",
            process="Put the unlocking into the checklist of a cohort's start.",
        ),
    ),
    Cause(
        "stored-stage-outlives-payment",
        "A stage that an operator stored stays when the lead is paid.",
        "let activation store the stage won, in the Worker",
        PAYMENT_ACTIVATION,
        Prevention(code="Let activation overwrite the stored stage with won."),
    ),
    Cause(
        "lead-writes-lost",
        "There are more registration events than rows in lead_registrations: people registered and nobody "
        "will call them.",
        "npx wrangler tail ; compare lead_events with lead_registrations: npx wrangler d1 execute DEEPLEARN_DB "
        "--remote --command SQL ; restore with D1 time travel: npx wrangler d1 time-travel info DEEPLEARN_DB",
        ACT,
        Prevention(
            code="Write lead and event in one transaction.",
            configuration="Keep D1 time travel for 30 days, and practise the restore.",
        ),
    ),
    Cause(
        "no-recent-leads",
        "No lead has come in for days: the form, the campaign or the path between is broken.",
        "register once by hand on the site; look for lead_capture alerts: {api}/api/admin/alerts?status=all ;"
        " threshold: DEEPLEARN_CHECKS_LEAD_SILENCE_DAYS",
        ACT,
        Prevention(
            configuration="Alert after a day without leads while a campaign runs.",
            process="Register once by hand after each change of the form.",
        ),
    ),
    Cause(
        "lead-not-captured",
        "A lead was taken, by a form or by a payment that names it, and the CRM does not show it.",
        "curl {api}/api/funnel/payment/status?email=... ; compare with the row: npx wrangler d1 "
        "execute DEEPLEARN_DB --remote --command SQL",
        ACT,
        Prevention(
            code="Show the form's success only when the row is written.",
            process="Run the journey on staging before each deployment (--effects data).",
        ),
    ),
    Cause(
        "learner-multiplied",
        "Each payment event of one learner adds a lead or an enrollment instead of updating the one that is there.",
        "look for missing ON CONFLICT clauses and unique indices of lead_registrations, course_enrollments and "
        "cohort_enrollments in the last migration; roll back with: npx wrangler rollback",
        PAYMENT_ACTIVATION,
        Prevention(
            code="Give leads and enrollments unique indices, and write them with ON CONFLICT.",
            process="Review each migration for the indices that it drops.",
        ),
    ),
    Cause(
        "completion-not-recorded",
        "The completion action answers ok, and the enrollment is not completed: no certificate will verify.",
        "npx wrangler tail, and complete the learner again; look at its row: npx wrangler d1 execute "
        "DEEPLEARN_DB --remote --command SQL",
        COMPLETION,
        Prevention(
            code="Answer the completion only with what was read back from the row.",
            process="Complete the synthetic learner on staging before each deployment (--effects data).",
        ),
    ),
    Cause(
        "lead-storage-not-bound",
        "The Worker runs without its lead bucket: lead forms fail.",
        "restore the [[r2_buckets]] binding DEEPLEARN_LEADS in wrangler.toml and run: npx wrangler deploy",
        ACT,
        Prevention(
            code="Let /health look at the lead bucket.",
            configuration="Declare the R2 binding DEEPLEARN_LEADS for every environment in wrangler.toml.",
        ),
    ),
    Cause(
        "lead-form-unprotected",
        "The lead form takes leads without a Turnstile token: robots fill the CRM.",
        "set TURNSTILE_REQUIRED=true and npx wrangler secret put TURNSTILE_SECRET_KEY, then: npx wrangler deploy",
        ACT,
        Prevention(
            configuration="Require TURNSTILE_REQUIRED=true in production.",
            process="Run the checks after each change of variables.",
        ),
    ),
    Cause(
        "no-open-cohort",
        "A course is on sale and has no open or live cohort: whoever pays now lands in none that runs.",
        "open /console -> Coordinator tab -> Cohort operations: open a cohort, or take the course off sale",
        COORDINATOR_TAB,
        Prevention(
            code="Offer a course for sale only while a cohort is open.",
            process="Open the next cohort before the present one starts.",
        ),
    ),
    Cause(
        "progress-inconsistent",
        "Status, progress and completion time of an enrollment contradict each other; often a payment event "
        "was delivered again after completion.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}'",
        COMPLETION,
        Prevention(code="Let activation leave completed enrollments alone; hold status and progress by a constraint."),
    ),
    Cause(
        "enrollment-missing",
        "The learner has no enrollment in the course: there is nothing to complete, and completing it all the same "
        "writes a certificate file that no row names.",
        "check both ids: curl '{api}/api/learn/access?user_id=USER_ID' -H \"x-admin-token: $ADMIN_API_TOKEN\" ; enroll "
        "with POST {api}/api/admin/courses/COURSE_ID/enroll, and complete only then",
        COMPLETION,
        Prevention(process="Enroll through a payment or the coordinator's form, never by hand in the database."),
    ),
    Cause(
        "redelivery-undoes-completion",
        "A second delivery of a payment event sets a completed learner back to active and removes the certificate.",
        "make activation idempotent in the Worker; until then re-run completions after each redelivery",
        COMPLETION,
        Prevention(
            code="Make activation idempotent: never set a completed enrollment back.",
            process="Do not resend events of completed learners until that is mended.",
        ),
    ),
    Cause(
        "refund-never-shows",
        "A refund event does not change a lead that is paid.",
        "handle refund.* for paid leads in the Worker; until then set such leads by hand",
        ACT,
        Prevention(
            code="Handle refund.* for paid leads in the webhook.",
            process="Set refunded leads by hand, the same day, until that is mended.",
        ),
    ),
    Cause(
        "certificate-bucket-not-bound",
        "The Worker runs without its certificate bucket: no certificate can be verified or issued.",
        "restore the [[r2_buckets]] binding DEEPLEARN_CERTIFICATES in wrangler.toml and run: npx wrangler deploy",
        CERTIFICATE_VERIFY,
        Prevention(
            code="Let /health look at the certificate bucket.",
            configuration="Declare the R2 binding DEEPLEARN_CERTIFICATES for every environment in wrangler.toml.",
            process="Run the checks as the last step of each deployment.",
        ),
    ),
    Cause(
        "certificate-url-missing",
        "A learner completed a course and has no certificate URL.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}'",
        CERTIFICATE_URL,
        Prevention(
            code="Write the certificate before the enrollment is set completed, and repeat what fails.",
            process="Look for completed learners without a certificate each day.",
        ),
    ),
    Cause(
        "certificate-artifact-missing",
        "A certificate's file is not in the bucket: it cannot be verified.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}'",
        REISSUE,
        Prevention(
            code="Read the file back before its URL is stored.",
            configuration="Keep life-cycle rules off the certificate bucket.",
        ),
    ),
    Cause(
        "certificate-altered",
        "A certificate's file does not hold what was signed: it was edited, or belongs to another learner.",
        "compare: npx wrangler r2 object get BUCKET/certificates/COURSE_ID/USER_ID-DATE.json --remote --pipe ; then "
        "re-run the completion",
        REISSUE,
        Prevention(
            configuration="Let only the Worker write to the certificate bucket.",
            process="Reissue through the completion action, never by editing files.",
        ),
    ),
    Cause(
        "certificate-secret-rotated",
        "Certificates were signed with a secret that is no longer in use: every older one shows as invalid.",
        "npx wrangler secret put CERTIFICATE_SIGNING_SECRET with the former secret (unset: it was "
        "ADMIN_API_TOKEN), or re-run every completion",
        REISSUE,
        Prevention(
            code="Name the key in each certificate, and keep former keys for verification.",
            configuration="Set CERTIFICATE_SIGNING_SECRET apart from ADMIN_API_TOKEN.",
            process="Verify an old certificate after each rotation.",
        ),
    ),
    Cause(
        "certificate-of-nobody",
        "The service confirms a certificate for a learner who does not exist.",
        "roll back: npx wrangler rollback",
        CERTIFICATE_VERIFY,
        Prevention(
            code="Test that an unknown learner's certificate is invalid.",
            process="Run the checks on a preview before each deployment.",
        ),
    ),
    Cause(
        "certificate-url-unreachable",
        "The link in learners' hands does not open.",
        "curl -I the URL; check the bucket's public access and CERTIFICATE_PUBLIC_BASE_URL",
        CERTIFICATE_URL,
        Prevention(
            configuration="Watch CERTIFICATE_PUBLIC_BASE_URL like the API.",
            process="Open one certificate after each change of the bucket's domain.",
        ),
    ),
)
