"""Causes between Razorpay and the service."""

from __future__ import annotations

from deeplearn_checks.causes.cause import (
    ACT,
    PAYMENT_ACTIVATION,
    PAYMENT_CONFIGURATION,
    PAYMENT_LEAD,
    WEBHOOK_PATH,
    Cause,
)

PAYMENTS = (
    Cause(
        "webhook-secret-not-configured",
        "RAZORPAY_WEBHOOK_SECRET is not set on the Worker: every payment event is refused, people pay and get nothing.",
        "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET (the webhook's own secret: Razorpay dashboard -> "
        "Developers -> Webhooks); then resend the failed events there",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "webhook-secret-mismatch",
        "The Worker verifies webhooks with another secret than ours: events signed by Razorpay with ours are "
        "refused, people pay and get nothing.",
        "compare the secret on the Razorpay dashboard (Developers -> Webhooks) with ours and the Worker's; "
        "then npx wrangler secret put RAZORPAY_WEBHOOK_SECRET and resend the failed events",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "webhook-secret-is-key-secret",
        "The Worker verifies webhooks with the API key secret instead of the webhook's own secret: every "
        "event is refused.",
        "npx wrangler secret put RAZORPAY_WEBHOOK_SECRET with the webhook's own secret (Razorpay dashboard ->"
        " Developers -> Webhooks), then resend the failed events",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "webhook-accepts-forgery",
        "The webhook accepts events that nobody signed: anyone can mark a lead paid.",
        "roll back now: npx wrangler rollback ; then audit payments since that deployment",
        WEBHOOK_PATH,
    ),
    Cause(
        "forgery-raises-no-alert",
        "The webhook refuses a forged event and tells nobody: an attack, or a secret that no longer matches, goes "
        "unseen.",
        "npx wrangler tail, and look for errors while the alert is written; look at the ops_alerts table: npx wrangler "
        "d1 execute; roll back with: npx wrangler rollback",
        "alert-workflow/1",
    ),
    Cause(
        "payment-not-activated",
        "A signed payment.captured event does not make its lead paid: whoever pays now gets nothing.",
        "npx wrangler tail, and send the event again: deeplearn-checks webhook send --event payment.captured; roll "
        "back with: npx wrangler rollback",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "event-refused",
        "A signed event that Razorpay sends every day is refused. Razorpay repeats it for 24 hours and then disables "
        "the webhook: then nobody who pays gets anything.",
        "npx wrangler tail, and look for the error; roll back with: npx wrangler rollback; see whether the webhook is "
        "still enabled on the Razorpay dashboard (Developers -> Webhooks)",
        WEBHOOK_PATH,
    ),
    Cause(
        "order-not-created",
        "The service cannot create an order at Razorpay: nobody can pay.",
        "npx wrangler tail, and press Pay on the site; compare RAZORPAY_KEY_ID on the Worker with the Razorpay "
        "dashboard; https://status.razorpay.com",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "webhook-ignores-events",
        "The webhook answered a signed probe in a way that it never did.",
        "npx wrangler tail, and send a test event from the Razorpay dashboard; roll back with: npx wrangler rollback",
        WEBHOOK_PATH,
    ),
    Cause(
        "payment-callback-open",
        "/api/funnel/payment/success marks any lead paid for anyone who asks.",
        "remove ALLOW_DEMO_PAYMENTS from the Worker's variables, npx wrangler secret put "
        "PAYMENT_WEBHOOK_TOKEN, npx wrangler deploy",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-keys-rejected",
        "Razorpay refuses our API key: orders cannot be created with it, and payments cannot be looked up.",
        "Razorpay dashboard -> Account & Settings -> API Keys; then set RAZORPAY_KEY_ID and "
        "RAZORPAY_KEY_SECRET here and on the Worker: npx wrangler secret put RAZORPAY_KEY_SECRET",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-not-configured",
        "The Worker has no Razorpay keys: nobody can pay.",
        "npx wrangler secret put RAZORPAY_KEY_ID ; npx wrangler secret put RAZORPAY_KEY_SECRET",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-in-test-mode",
        "Production uses Razorpay test keys: checkouts succeed and no money moves.",
        "set live keys (rzp_live_...) here and on the Worker: npx wrangler secret put RAZORPAY_KEY_ID ; npx "
        "wrangler secret put RAZORPAY_KEY_SECRET",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-in-live-mode",
        "An environment that is not production uses live Razorpay keys: a test would move real money.",
        "set test keys (rzp_test_...) for this environment",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-unreachable",
        "Razorpay's API does not answer: payments cannot be looked up, and the service cannot create orders either.",
        'https://status.razorpay.com ; curl -u "$RAZORPAY_KEY_ID:$RAZORPAY_KEY_SECRET" '
        "https://api.razorpay.com/v1/payments?count=1",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-downtime",
        "Razorpay itself announces a downtime of a payment method: people's payments fail there, not here.",
        "https://status.razorpay.com ; tell coordinators, and wait for its end",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "gateway-window-too-large",
        "Razorpay lists more payments in the window than are read in one run.",
        "set DEEPLEARN_CHECKS_GATEWAY_DAYS lower",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "known-lead-missing",
        "The lead that we know is not in the service: lead rows were lost, or this is another database.",
        "curl {api}/api/funnel/payment/status?email=... ; check DEEPLEARN_KNOWN_LEAD and the D1 binding; D1 "
        "time travel: npx wrangler d1 time-travel info",
        PAYMENT_LEAD,
    ),
    Cause(
        "lead-answers-differ",
        "Two endpoints tell different things about one lead: sales sees another state than the payment page.",
        "curl the two endpoints for the lead and compare them with its row: npx wrangler d1 execute",
        PAYMENT_LEAD,
    ),
    Cause(
        "paid-without-payment",
        "A lead is paid by a payment that Razorpay does not know: it was set by hand, by a forgery, or with "
        "other keys.",
        "look the reference up on the Razorpay dashboard (both modes); if it is not there, treat it as a "
        "security incident",
        ACT,
    ),
    Cause(
        "payment-reference-missing",
        "A lead is paid and nothing says by which payment.",
        "open /console -> Coordinator tab -> CRM pipeline; find the payment by e-mail on the Razorpay dashboard",
        ACT,
    ),
    Cause(
        "captured-but-not-paid",
        "Razorpay took the money and the service does not know: people have paid for nothing.",
        "open /console -> Coordinator tab -> CRM pipeline, find the lead; resend the event from the Razorpay "
        "dashboard (Developers -> Webhooks -> Events), which activates it",
        PAYMENT_ACTIVATION,
    ),
    Cause(
        "amount-mismatch",
        "A captured amount is neither the course's price nor the cohort's fee: somebody paid another amount "
        "and was enrolled.",
        "compare the payment on the Razorpay dashboard with the price of that day; collect or refund the difference",
        ACT,
    ),
    Cause(
        "refunded-but-paid",
        "Razorpay refunded a payment and the lead is still paid, with access.",
        "open /console -> Coordinator tab -> CRM pipeline and move the lead to lost; drop the enrollment",
        ACT,
    ),
    Cause(
        "paid-twice",
        "A lead was charged more than once for one course.",
        "refund all but one payment on the Razorpay dashboard",
        ACT,
    ),
    Cause(
        "caller-sets-amount",
        "create-order takes the amount from the request: a course can be bought for one rupee.",
        "ignore amount_cents and currency of the request in the Worker; compare amounts with: pytest checks/ "
        "-k amounts",
        ACT,
    ),
)
