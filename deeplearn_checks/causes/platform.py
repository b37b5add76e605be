"""Causes in the platform and in who may use it."""

from __future__ import annotations

from deeplearn_checks.causes.cause import CTO_TAB, PAYMENT_CONFIGURATION, RECOVERY, Cause, Prevention

PLATFORM = (
    Cause(
        "endpoint-missing",
        "The deployment lacks an endpoint that the platform needs: an old or half version is live.",
        "npx wrangler deployments list ; deploy the current version, or roll back: npx wrangler rollback",
        RECOVERY,
        Prevention(process="Run the checks as the last step of each deployment, and roll back when they fail."),
    ),
    Cause(
        "service-not-ok",
        "The service answers, and says itself that it is not well.",
        "curl {api}/health ; npx wrangler tail",
        RECOVERY,
        Prevention(
            code="Let /health look at each binding that it depends on.",
            configuration="Alert when /health says anything but ok.",
        ),
    ),
    Cause(
        "database-not-bound",
        "The Worker runs without its D1 database: every lead, payment and certificate request fails, while "
        "/health says ok.",
        "restore the [[d1_databases]] binding DEEPLEARN_DB in wrangler.toml and run: npx wrangler deploy",
        RECOVERY,
        Prevention(
            code="Let /health answer 503 when DEEPLEARN_DB is not bound.",
            configuration="Declare the D1 binding for every environment in wrangler.toml.",
            process="Run the checks as the last step of each deployment.",
        ),
    ),
    Cause(
        "slow-answers",
        "Requests take longer than the threshold; learners and checkouts wait as long.",
        "npx wrangler tail --format json ; look at D1 metrics in the Cloudflare dashboard; threshold: "
        "DEEPLEARN_CHECKS_LATENCY_MS",
        RECOVERY,
        Prevention(
            code="Add indices for the slowest queries, and cache what rarely changes.",
            configuration="Alert on latency before learners notice.",
        ),
    ),
    Cause(
        "tls-expiring",
        "The server's certificate ends soon; after that every browser and Razorpay's webhook refuse the service.",
        "renew it: Cloudflare -> SSL/TLS -> Edge Certificates",
        RECOVERY,
        Prevention(configuration="Let the certificate renew itself, and alert 14 days before its end."),
    ),
    Cause(
        "clock-skewed",
        "The service's clock and ours differ: ages of alerts, leads and payments cannot be trusted.",
        "date -u ; timedatectl ; compare with: curl -sI {api}/health",
        RECOVERY,
        Prevention(configuration="Synchronise the clock of every machine that runs checks."),
    ),
    Cause(
        "admin-token-not-configured",
        "ADMIN_API_TOKEN is not set on the Worker: the console and every admin action answer 503.",
        "npx wrangler secret put ADMIN_API_TOKEN",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Refuse to deploy when a required secret is missing.",
            process="List the required secrets in the deployment checklist of each environment.",
        ),
    ),
    Cause(
        "admin-token-rejected",
        "The service does not accept our ADMIN_API_TOKEN: it was rotated on one side only.",
        "set ADMIN_API_TOKEN here to the Worker's, or set the Worker's to ours: npx wrangler secret put "
        "ADMIN_API_TOKEN (mind: without CERTIFICATE_SIGNING_SECRET this invalidates every certificate)",
        PAYMENT_CONFIGURATION,
        Prevention(
            configuration="Keep ADMIN_API_TOKEN in one secret store that Worker and operators read.",
            process="Rotate the token on both sides in one step, and run the checks after it.",
        ),
    ),
    Cause(
        "admin-open-to-anyone",
        "The admin endpoints answer without a token: anyone can read every learner and change every lead.",
        "now: remove ALLOW_OPEN_ADMIN from the Worker's variables and npx wrangler secret put "
        "ADMIN_API_TOKEN, then: npx wrangler deploy",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Take ALLOW_OPEN_ADMIN out of the Worker's production code.",
            configuration="Forbid ALLOW_OPEN_ADMIN in production's variables.",
            process="Run the checks after each change of variables.",
        ),
    ),
    Cause(
        "admin-accepts-wrong-token",
        "The admin endpoints answer to a token that is nobody's.",
        "now: npx wrangler secret put ADMIN_API_TOKEN ; roll back the last deployment: npx wrangler rollback",
        PAYMENT_CONFIGURATION,
        Prevention(
            code="Test that admin endpoints refuse a wrong token, in constant time.",
            process="Let a second person review each change of authorisation.",
        ),
    ),
    Cause(
        "learner-auth-not-enforced",
        "Whoever sends an x-user-id header is believed to be that learner.",
        "remove ENFORCE_FIREBASE_AUTH=false from the Worker's variables and run: npx wrangler deploy",
        CTO_TAB,
        Prevention(
            code="Refuse the x-user-id header outside of tests.",
            configuration="Forbid ENFORCE_FIREBASE_AUTH=false in production's variables.",
        ),
    ),
    Cause(
        "staff-without-account",
        "Staff of a course or organization have no platform user: they cannot sign in to do their work.",
        "open /console -> CTO tab -> Access audit; have them sign in once, or add the user with the right role",
        CTO_TAB,
        Prevention(process="Have new staff sign in once before they are given a course."),
    ),
    Cause(
        "roles-conflict",
        "People hold more than one role; which one applies depends on the page.",
        "open /console -> CTO tab -> Access audit, and leave each the one role they need",
        CTO_TAB,
        Prevention(
            code="Give one rule of precedence to people with several roles.",
            process="Review roles at each change of staff.",
        ),
    ),
)
