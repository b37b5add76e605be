"""Causes that show only when all rows are held against each other, as an audit does."""

from __future__ import annotations

from deeplearn_checks.causes.cause import ACT, COMPLETION, PAYMENT_ACTIVATION, Cause, Prevention

RECORDS = (
    Cause(
        "payment-without-lead",
        "Razorpay took money that belongs to no lead: the service answers such an event with 200 and raises nothing.",
        "find the payer on the Razorpay dashboard by payment id; register them, and resend the event (Developers -> "
        "Webhooks -> Events), or refund the payment",
        PAYMENT_ACTIVATION,
        Prevention(
            code="Raise an alert for a payment event without a lead reference; write notes.lead_id into every order.",
            process="Take payments through the site's checkout only, not through payment links.",
        ),
    ),
    Cause(
        "underpaid",
        "Less money was taken, or kept after a refund, than the course's price and the cohort's fee, and the lead has "
        "its place.",
        "compare the lead with the payment on the Razorpay dashboard; collect the difference, or note who granted it",
        ACT,
        Prevention(
            code="Compare what is paid with what is due whenever a lead is set paid or a refund comes in.",
            process="Let a second person agree to each payment by hand and each partial refund.",
        ),
    ),
    Cause(
        "refunded-but-enrolled",
        "A lead's payment was refunded, and the place in the course is still theirs.",
        'drop the enrollment: npx wrangler d1 execute DEEPLEARN_DB --remote --command "UPDATE course_enrollments SET '
        "status = 'dropped' WHERE course_id = 'COURSE_ID' AND user_id = 'USER_ID'\"",
        ACT,
        Prevention(
            code="Drop the enrollment in the same transaction that sets the lead refunded.",
            process="Refund through one procedure that also closes the access.",
        ),
    ),
    Cause(
        "order-paid-twice",
        "One Razorpay order took money more than once.",
        "refund all but the first payment of the order on the Razorpay dashboard, and tell Razorpay's support: an "
        "order is paid once",
        ACT,
        Prevention(
            code="Create orders without partial payment, and close the checkout once an attempt has succeeded.",
            process="Look for orders with several payments before each settlement.",
        ),
    ),
    Cause(
        "artifact-without-completion",
        "A certificate's file is in the bucket and the enrollment is not completed: most often a payment event was "
        "delivered again and undid the completion.",
        "re-run the completion: curl -X POST {api}/api/admin/courses/COURSE_ID/enroll/USER_ID/complete -H "
        "\"x-admin-token: $ADMIN_API_TOKEN\" -d '{{}}' ; or, where nobody completed, delete the file: npx wrangler r2 "
        "object delete BUCKET/certificates/COURSE_ID/USER_ID-DATE.json --remote",
        COMPLETION,
        Prevention(
            code="Make activation leave completed enrollments alone.",
            process="Do not resend events of completed learners until that is mended.",
        ),
    ),
    Cause(
        "artifact-of-nobody",
        "A certificate's file is in the bucket for somebody who has no enrollment in the course: completing an "
        "enrollment that does not exist answers ok and writes the file.",
        "find out who was meant, enroll and complete them; delete the file: npx wrangler r2 object delete "
        "BUCKET/certificates/COURSE_ID/USER_ID-DATE.json --remote",
        COMPLETION,
        Prevention(
            code="Refuse to complete an enrollment that does not exist.",
            process="Complete learners from the list of enrollments, never by typed ids.",
        ),
    ),
    Cause(
        "lead-without-event",
        "A lead is there and its registration event is not: the funnel's counts, and what is decided by them, are too "
        "low.",
        "npx wrangler tail, and register once by hand; compare lead_events with lead_registrations: npx wrangler d1 "
        "execute DEEPLEARN_DB --remote --command SQL",
        ACT,
        Prevention(
            code="Write lead and event in one transaction.",
            process="Compare registrations with their events once a week.",
        ),
    ),
    Cause(
        "duplicate-person",
        "One person is there as several leads: sales calls them twice, and their learning may be split over two users.",
        "open /console -> Coordinator tab -> CRM pipeline, keep the lead that has paid, and move the others to lost",
        ACT,
        Prevention(
            code="Fold addresses to lower case and numbers to their digits before a lead is written, and update the "
            "lead that is there.",
        ),
    ),
    Cause(
        "times-backwards",
        "A row was changed, paid or completed before it was created: it was written by hand, by an import, or by a "
        "machine whose clock is wrong.",
        "look at the row and at what wrote it: npx wrangler d1 execute DEEPLEARN_DB --remote --command SQL ; compare "
        "clocks: date -u ; curl -sI {api}/health",
        ACT,
        Prevention(
            code="Hold the order of times by a CHECK constraint.",
            process="Import rows with the times of their source, never by hand.",
        ),
    ),
    Cause(
        "reference-broken",
        "A row names another that is not there: it was deleted, never written, or comes from another database.",
        "look both up: npx wrangler d1 execute DEEPLEARN_DB --remote --command SQL ; if the other row was deleted, "
        "bring it back with D1 time travel: npx wrangler d1 time-travel info DEEPLEARN_DB",
        ACT,
        Prevention(
            code="Declare the references as foreign keys.",
            configuration="Keep D1 time travel for 30 days, and practise the restore.",
            process="Archive courses and cohorts instead of deleting them.",
        ),
    ),
    Cause(
        "cohort-of-another-course",
        "A lead or an enrollment is of one course and of a cohort of another: the learner finds neither's modules.",
        "decide which of the two was bought (the payment's notes say it), and correct the other: npx wrangler d1 "
        "execute DEEPLEARN_DB --remote --command SQL",
        ACT,
        Prevention(
            code="Take the course from the cohort wherever a cohort is named.",
            process="Never move a cohort to another course once it has learners.",
        ),
    ),
)
