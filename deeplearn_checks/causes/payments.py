"""Causes between Razorpay and the service."""

from __future__ import annotations

from deeplearn_checks.causes.cause import (
    ACT,
    PAYMENT_ACTIVATION,
    PAYMENT_CONFIGURATION,
    PAYMENT_LEAD,
    WEBHOOK_PATH,
    Cause,
    Prevention,
)

PAYMENTS = (
    Cause(
        "webhook-secret-not-configured",
        "RAZORPAY_WEBHOOK_SECRET is not set on the Worker: every payment event is refused, people pay and get nothing.",
        "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET (the webhook's own secret: Razorpay dashboard -> "
        "Developers -> Webhooks); then resend the failed events there",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Refuse to deploy when RAZORPAY_WEBHOOK_SECRET is missing.",
            process="List the webhook's secret in the deployment checklist, apart from the API key's.",
        ),
    ),
    Cause(
        "webhook-secret-mismatch",
        "The Worker verifies webhooks with another secret than ours: events signed by Razorpay with ours are "
        "refused, people pay and get nothing.",
        "compare the secret on the Razorpay dashboard (Developers -> Webhooks) with ours and the Worker's; "
        "then npx wrangler secret put RAZORPAY_WEBHOOK_SECRET and resend the failed events",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Accept the former secret beside the new one for a day after a rotation.",
            process="Rotate the secret at Razorpay and on the Worker in one step, and run the checks after it.",
        ),
    ),
    Cause(
        "webhook-secret-is-key-secret",
        "The Worker verifies webhooks with the API key secret instead of the webhook's own secret: every "
        "event is refused.",
        "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET with the webhook's own secret (Razorpay dashboard ->"
        " Developers -> Webhooks), then resend the failed events",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Refuse to start when both secrets are equal.",
            configuration="Name the two secrets apart in the secret store.",
            process="Send Razorpay's test event after each change of secrets.",
        ),
    ),
    Cause(
        "webhook-accepts-forgery",
        "The webhook accepts events that nobody signed: anyone can mark a lead paid.",
        "roll back now: npx wrangler rollback ; then audit payments since that deployment",
        WEBHOOK_PATH,
        Prevention(
            code="Test that unsigned, forged and altered events are refused.",
            process="Run the checks with --effects alerts on staging before each deployment.",
        ),
    ),
    Cause(
        "forgery-raises-no-alert",
        "The webhook refuses a forged event and tells nobody: an attack, or a secret that no longer matches, goes "
        "unseen.",
        "npx wrangler tail, and look for errors while the alert is written; look at the ops_alerts table: npx wrangler "
        "d1 execute DEEPLEARN_DB --remote --command SQL ; roll back with: npx wrangler rollback",
        "alert-workflow/1",
        Prevention(
            code="Test that each refusal of the webhook writes its alert.",
            process="Run the checks with --effects alerts once a week.",
        ),
    ),
    Cause(
        "payment-not-activated",
        "A signed payment.captured event does not make its lead paid: whoever pays now gets nothing.",
        "npx wrangler tail, and send the event again: deeplearn-checks webhook send --event payment.captured; roll "
        "back with: npx wrangler rollback",
        PAYMENT_ACTIVATION,
        Prevention(
            code="Test the chain from payment.captured to the enrollment in one go.",
            process="Run the journey on staging before each deployment (--effects data).",
        ),
    ),
    Cause(
        "event-refused",
        "A signed event that Razorpay sends every day is refused. Razorpay repeats it for 24 hours and then disables "
        "the webhook: then nobody who pays gets anything.",
        "npx wrangler tail, and look for the error; roll back with: npx wrangler rollback; see whether the webhook is "
        "still enabled on the Razorpay dashboard (Developers -> Webhooks)",
        WEBHOOK_PATH,
        Prevention(
            code="Answer 2xx to each signed event once it is stored, and process it after that.",
            process="Watch the failed deliveries on Razorpay's dashboard daily.",
        ),
    ),
    Cause(
        "order-not-created",
        "The service cannot create an order at Razorpay: nobody can pay.",
        "npx wrangler tail, and press Pay on the site; compare RAZORPAY_KEY_ID on the Worker with the Razorpay "
        "dashboard; https://status.razorpay.com",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Tell the visitor when an order fails, and offer to try again.",
            configuration="Alert on the first create_order_failed.",
            process="Run the journey after each change of gateway keys.",
        ),
    ),
    Cause(
        "webhook-ignores-events",
        "The webhook answered a signed probe in a way that it never did.",
        "npx wrangler tail, and send a test event from the Razorpay dashboard; roll back with: npx wrangler rollback",
        WEBHOOK_PATH,
        Prevention(
            code="Hold the webhook's answer to unknown events in a test.",
            process="Change the API page and the checks in the same pull request.",
        ),
    ),
    Cause(
        "payment-callback-open",
        "/api/funnel/payment/success marks any lead paid for anyone who asks.",
        "remove ALLOW_DEMO_PAYMENTS from the Worker's variables, npx wrangler secret put "
        "PAYMENT_WEBHOOK_TOKEN, npx wrangler deploy",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Take ALLOW_DEMO_PAYMENTS out of the Worker's production code.",
            configuration="Forbid ALLOW_DEMO_PAYMENTS in production's variables, and require PAYMENT_WEBHOOK_TOKEN.",
        ),
    ),
    Cause(
        "gateway-keys-rejected",
        "Razorpay refuses our API key: orders cannot be created with it, and payments cannot be looked up.",
        "Razorpay dashboard -> Account & Settings -> API Keys; then set RAZORPAY_KEY_ID and "
        "RAZORPAY_KEY_SECRET here and on the Worker: npx wrangler secret put RAZORPAY_KEY_SECRET",
        PAYMENT_CONFIGURATION,
        Prevention(
            configuration="Keep the key pair in one secret store that Worker and operators read.",
            process="Revoke an old key only when the checks pass with the new one.",
        ),
    ),
    Cause(
        "gateway-not-configured",
        "The Worker has no Razorpay keys: nobody can pay.",
        "npx wrangler secret put RAZORPAY_KEY_ID ; npx wrangler secret put RAZORPAY_KEY_SECRET",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Refuse to deploy when the Razorpay keys are missing.",
            process="List both keys in the deployment checklist of each environment.",
        ),
    ),
    Cause(
        "gateway-in-test-mode",
        "Production uses Razorpay test keys: checkouts succeed and no money moves.",
        "set live keys (rzp_live_...) here and on the Worker: npx wrangler secret put RAZORPAY_KEY_ID ; npx "
        "wrangler secret put RAZORPAY_KEY_SECRET",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Refuse rzp_test_ keys when the environment is production.",
            process="Check the mode of the keys in the launch checklist.",
        ),
    ),
    Cause(
        "gateway-in-live-mode",
        "An environment that is not production uses live Razorpay keys: a test would move real money.",
        "set test keys (rzp_test_...) for this environment",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Refuse rzp_live_ keys outside of production.",
            configuration="Keep live keys in production's secret store only.",
        ),
    ),
    Cause(
        "gateway-unreachable",
        "Razorpay's API does not answer: payments cannot be looked up, and the service cannot create orders either.",
        'https://status.razorpay.com ; curl -u "$RAZORPAY_KEY_ID:$RAZORPAY_KEY_SECRET" '
        "https://api.razorpay.com/v1/payments?count=1",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Repeat the creation of an order with a pause, and tell the visitor to try again.",
            process="Subscribe to Razorpay's status page.",
        ),
    ),
    Cause(
        "gateway-downtime",
        "Razorpay itself announces a downtime of a payment method: people's payments fail there, not here.",
        "https://status.razorpay.com ; tell coordinators, and wait for its end",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Show another payment method while one is down.",
            process="Subscribe to Razorpay's status page, and tell coordinators.",
        ),
    ),
    Cause(
        "gateway-window-too-large",
        "Razorpay lists more payments in the window than are read in one run.",
        "set DEEPLEARN_CHECKS_GATEWAY_DAYS lower",
        PAYMENT_ACTIVATION,
        Prevention(configuration="Lower DEEPLEARN_CHECKS_GATEWAY_DAYS, and audit the rest with an export."),
    ),
    Cause(
        "known-lead-missing",
        "The lead that we know is not in the service: lead rows were lost, or this is another database.",
        "curl {api}/api/funnel/payment/status?email=... ; check DEEPLEARN_KNOWN_LEAD and the D1 binding; D1 "
        "time travel: npx wrangler d1 time-travel info DEEPLEARN_DB",
        PAYMENT_LEAD,
        Prevention(
            configuration="Set DEEPLEARN_KNOWN_LEAD per environment.",
            process="Practise restoring the database, and keep a lead of your own that nobody deletes.",
        ),
    ),
    Cause(
        "lead-answers-differ",
        "Two endpoints tell different things about one lead: sales sees another state than the payment page.",
        "curl the two endpoints for the lead and compare them with its row: npx wrangler d1 execute DEEPLEARN_DB "
        "--remote --command SQL",
        PAYMENT_LEAD,
        Prevention(code="Let both endpoints read the lead through one query."),
    ),
    Cause(
        "paid-without-payment",
        "A lead is paid by a payment that Razorpay does not know: it was set by hand, by a forgery, or with "
        "other keys.",
        "look the reference up on the Razorpay dashboard (both modes); if it is not there, treat it as a "
        "security incident",
        ACT,
        Prevention(
            code="Ask Razorpay for the payment before a lead becomes paid.",
            process="Compare paid leads with Razorpay's settlements each day.",
        ),
    ),
    Cause(
        "payment-reference-missing",
        "A lead is paid and nothing says by which payment.",
        "open /console -> Coordinator tab -> CRM pipeline; find the payment by e-mail on the Razorpay dashboard",
        ACT,
        Prevention(
            code="Make payment_ref required for the status paid, by a constraint.",
            process="Ask for the reference when a lead is set paid by hand.",
        ),
    ),
    Cause(
        "captured-but-not-paid",
        "Razorpay took the money and the service does not know: people have paid for nothing.",
        "open /console -> Coordinator tab -> CRM pipeline, find the lead; resend the event from the Razorpay "
        "dashboard (Developers -> Webhooks -> Events), which activates it",
        PAYMENT_ACTIVATION,
        Prevention(
            code="Fetch captured payments every hour, and activate those that no webhook reported.",
            process="Compare Razorpay's captured payments with paid leads each day.",
        ),
    ),
    Cause(
        "amount-mismatch",
        "A captured amount is neither the course's price nor the cohort's fee: somebody paid another amount "
        "and was enrolled.",
        "compare the payment on the Razorpay dashboard with the price of that day; collect or refund the difference",
        ACT,
        Prevention(
            code="Take the amount of an order from the course, and compare it at activation.",
            process="Change a price only between two cohorts.",
        ),
    ),
    Cause(
        "refunded-but-paid",
        "Razorpay refunded a payment and the lead is still paid, with access.",
        "open /console -> Coordinator tab -> CRM pipeline and move the lead to lost; drop the enrollment",
        ACT,
        Prevention(
            code="Handle refund.processed: the lead is refunded, the enrollment dropped.",
            process="Refund through one procedure that also closes the access.",
        ),
    ),
    Cause(
        "paid-twice",
        "A lead was charged more than once for one course.",
        "refund all but one payment on the Razorpay dashboard",
        ACT,
        Prevention(
            code="Reuse an open order of the same lead and course; disable the button while it is paid.",
            process="Look for double payments before each settlement.",
        ),
    ),
    Cause(
        "caller-sets-amount",
        "create-order takes the amount from the request: a course can be bought for one rupee.",
        "ignore amount_cents and currency of the request in the Worker; compare amounts with: pytest checks/ "
        "-k amounts",
        ACT,
        Prevention(
            code="Take amount and currency from the course on the server, and ignore those of the request.",
            process="Let a second person review each change of the checkout.",
        ),
    ),
)
