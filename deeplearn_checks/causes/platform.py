"""Causes in the platform and in who may use it."""

from __future__ import annotations

from deeplearn_checks.causes.cause import CTO_TAB, PAYMENT_CONFIGURATION, RECOVERY, Cause

PLATFORM = (
    Cause(
        "endpoint-missing",
        "The deployment lacks an endpoint that the platform needs: an old or half version is live.",
        "npx wrangler deployments list ; deploy the current version, or roll back: npx wrangler rollback",
        RECOVERY,
    ),
    Cause(
        "service-not-ok",
        "The service answers, and says itself that it is not well.",
        "curl {api}/health ; npx wrangler tail",
        RECOVERY,
    ),
    Cause(
        "database-not-bound",
        "The Worker runs without its D1 database: every lead, payment and certificate request fails, while "
        "/health says ok.",
        "restore the [[d1_databases]] binding DEEPLEARN_DB in wrangler.toml and run: npx wrangler deploy",
        RECOVERY,
    ),
    Cause(
        "slow-answers",
        "Requests take longer than the threshold; learners and checkouts wait as long.",
        "npx wrangler tail --format json ; look at D1 metrics in the Cloudflare dashboard; threshold: "
        "DEEPLEARN_CHECKS_LATENCY_MS",
        RECOVERY,
    ),
    Cause(
        "tls-expiring",
        "The server's certificate ends soon; after that every browser and Razorpay's webhook refuse the service.",
        "renew it: Cloudflare -> SSL/TLS -> Edge Certificates",
        RECOVERY,
    ),
    Cause(
        "clock-skewed",
        "The service's clock and ours differ: ages of alerts, leads and payments cannot be trusted.",
        "date -u ; timedatectl ; compare with: curl -sI {api}/health",
        RECOVERY,
    ),
    Cause(
        "admin-token-not-configured",
        "ADMIN_API_TOKEN is not set on the Worker: the console and every admin action answer 503.",
        "npx wrangler secret put ADMIN_API_TOKEN",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "admin-token-rejected",
        "The service does not accept our ADMIN_API_TOKEN: it was rotated on one side only.",
        "set ADMIN_API_TOKEN here to the Worker's, or set the Worker's to ours: npx wrangler secret put "
        "ADMIN_API_TOKEN (mind: without CERTIFICATE_SIGNING_SECRET this invalidates every certificate)",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "admin-open-to-anyone",
        "The admin endpoints answer without a token: anyone can read every learner and change every lead.",
        "now: remove ALLOW_OPEN_ADMIN from the Worker's variables and npx wrangler secret put "
        "ADMIN_API_TOKEN, then: npx wrangler deploy",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "admin-accepts-wrong-token",
        "The admin endpoints answer to a token that is nobody's.",
        "now: npx wrangler secret put ADMIN_API_TOKEN ; roll back the last deployment: npx wrangler rollback",
        PAYMENT_CONFIGURATION,
    ),
    Cause(
        "learner-auth-not-enforced",
        "Whoever sends an x-user-id header is believed to be that learner.",
        "remove ENFORCE_FIREBASE_AUTH=false from the Worker's variables and run: npx wrangler deploy",
        CTO_TAB,
    ),
    Cause(
        "staff-without-account",
        "Staff of a course or organization have no platform user: they cannot sign in to do their work.",
        "open /console -> CTO tab -> Access audit; have them sign in once, or add the user with the right role",
        CTO_TAB,
    ),
    Cause(
        "roles-conflict",
        "People hold more than one role; which one applies depends on the page.",
        "open /console -> CTO tab -> Access audit, and leave each the one role they need",
        CTO_TAB,
    ),
)
