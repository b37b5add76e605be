"""Causes in content, counselor, alerts and console."""

from __future__ import annotations

from deeplearn_checks.causes.cause import ACT, COORDINATOR_TAB, CTO_TAB, RECOVERY, Cause

OPERATIONS = (
    Cause(
        "content-run-failed",
        "The last daily content run failed.",
        "open /console -> CTO tab -> Content ops; npx wrangler tail ; start it by hand: POST "
        "{api}/api/admin/content/generate-daily",
        CTO_TAB,
    ),
    Cause(
        "content-runs-stopped",
        "The daily content job has not run when it should have (03:30 UTC).",
        "check [triggers] crons in wrangler.toml and the Worker's cron events in the Cloudflare dashboard",
        CTO_TAB,
    ),
    Cause(
        "counselor-not-configured",
        "GROQ_API_KEY is not set on the Worker: the counselor cannot answer.",
        "npx wrangler secret put GROQ_API_KEY",
        ACT,
    ),
    Cause(
        "counselor-model-rejected",
        "The language model refuses the Worker's request: its key is revoked, or its quota is spent.",
        "check the key at console.groq.com, then: npx wrangler secret put GROQ_API_KEY",
        ACT,
    ),
    Cause(
        "counselor-silent",
        "The counselor answers with an empty text.",
        "npx wrangler tail, and ask it once on the site",
        ACT,
    ),
    Cause(
        "critical-alert-open",
        "A critical alert is open while everything its playbook diagnoses is well: recovered and never "
        "closed, or raised for something that no diagnostic sees.",
        "read it (/console -> CTO tab -> Open alerts), then: curl -X POST "
        '{api}/api/admin/alerts/ALERT_ID/status -H "x-admin-token: $ADMIN_API_TOKEN" -d \'{{"status": '
        '"resolved"}}\'',
        RECOVERY,
    ),
    Cause(
        "alert-unattended",
        "An alert has been open for long and nobody has acknowledged it.",
        'curl -X POST {api}/api/admin/alerts/ALERT_ID/status -H "x-admin-token: $ADMIN_API_TOKEN" -d '
        '\'{{"status": "acknowledged"}}\'',
        "alert-workflow/4",
    ),
    Cause(
        "console-page-missing",
        "The operators' console is not served.",
        "deploy the Pages site again; look at its deployments in the Cloudflare dashboard: {pages}/console/",
        CTO_TAB,
    ),
    Cause(
        "learn-page-missing",
        "The learners' page is not served.",
        "deploy the Pages site again; look at its deployments in the Cloudflare dashboard: {pages}/learn/",
        COORDINATOR_TAB,
    ),
    Cause(
        "console-broken",
        "Console or learners' page are served, but do not work in a browser: a script fails, or a file that they load "
        "is missing.",
        "look at the screenshot; open {pages}/console/ and {pages}/learn/ with the browser's developer tools (Console, "
        "Network); roll back the Pages deployment in the Cloudflare dashboard",
        CTO_TAB,
    ),
    Cause(
        "api-proxy-broken",
        "The site does not pass /api/* on to the Worker: forms and checkouts on the site fail.",
        "check the Pages function or _redirects rule for /api/* and the service binding: curl -i "
        "{pages}/api/content/posts?limit=1",
        CTO_TAB,
    ),
)
