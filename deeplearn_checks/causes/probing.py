"""Causes of an answer that could not be had: verdicts on the probe, and on the way to the target."""

from __future__ import annotations

from deeplearn_checks.causes.cause import CTO_TAB, RECOVERY, Cause, Prevention

PROBING = (
    Cause(
        "held-back",
        "A question without effects has shown already that this one would be in vain: the request that changes "
        "something was not sent.",
        "mend the root cause that is named beside it, then run again",
        RECOVERY,
        Prevention(process="Mend what a read-only run finds before a run with effects is started."),
    ),
    Cause(
        "turnstile-token-rejected",
        "The lead form refuses the Turnstile token that we hold: the token is spent or of another site, or the "
        "Worker's TURNSTILE_SECRET_KEY has changed.",
        "set a fresh DEEPLEARN_CHECKS_TURNSTILE_TOKEN (staging: Cloudflare's published test keys), or leave the form "
        "out: --without turnstile",
        RECOVERY,
        Prevention(
            configuration="Use Cloudflare's published test keys on staging, so that no token is spent.",
            process="Rotate the token of the checks together with TURNSTILE_SECRET_KEY.",
        ),
    ),
    Cause(
        "unreachable",
        "Nothing answers at this address: the service is down, its DNS name is wrong, or the network between "
        "is broken.",
        "curl -v {api}/health ; npx wrangler deployments list ; npx wrangler tail ; check DEEPLEARN_API_BASE_URL",
        RECOVERY,
        Prevention(
            configuration="Watch /health from outside the network, and alert on the first failure.",
            process="Keep the last good deployment at hand and practise the rollback.",
        ),
    ),
    Cause(
        "timed-out",
        "The service took the question and gave no answer in time.",
        "curl -w '%{{time_total}}' {api}/health ; npx wrangler tail ; if it is merely far away, raise --deadline",
        RECOVERY,
        Prevention(
            code="Give each call to D1, Razorpay and the model its own timeout.",
            configuration="Alert on the slowest hundredth of answers, not only on errors.",
        ),
    ),
    Cause(
        "server-error",
        "The service answers with an error of its own (5xx).",
        "npx wrangler tail, repeat the request; roll back with: npx wrangler rollback",
        RECOVERY,
        Prevention(
            code="Cover the failing path with a test that reproduces the logged exception.",
            process="Run the checks against each preview deployment before it goes live.",
        ),
    ),
    Cause(
        "not-the-api",
        "A web page answers where JSON should: the URL leads to the site, a login wall or an error page.",
        "check DEEPLEARN_API_BASE_URL (the Worker, not the Pages site): curl -i {api}/health",
        RECOVERY,
        Prevention(
            configuration="Keep the API's address in one variable per environment.",
            process="Run the checks after each change of DNS or routes.",
        ),
    ),
    Cause(
        "malformed-answer",
        "The answer is no valid JSON, or cannot be decoded.",
        "curl -i {api}/health ; look for a proxy that rewrites answers; roll back with: npx wrangler rollback",
        RECOVERY,
        Prevention(
            code="Answer JSON through one function that sets the content type.",
            configuration="Exclude /api/* from rewriting rules at the edge.",
        ),
    ),
    Cause(
        "unexpected-answer",
        "The answer lacks a field, has one of another type, or has a status that it never had: the API has changed.",
        "compare the deployed version with the API page; roll back (npx wrangler rollback) or update deeplearn-checks",
        RECOVERY,
        Prevention(
            code="Hold the API's answers to their schema in the Worker's tests.",
            process="Change the API page and the checks in the same pull request.",
        ),
    ),
    Cause(
        "rate-limited",
        "The service refuses further requests (429).",
        "wait; run less often or with --concurrency 4; look at the zone's rate limiting rules in the "
        "Cloudflare dashboard",
        RECOVERY,
        Prevention(configuration="Exempt the checks from the zone's rate limiting rule, or lower their concurrency."),
    ),
    Cause(
        "redirected-away",
        "The service sends its callers to another origin; no credential was sent there.",
        "curl -I {api}/ ; set DEEPLEARN_API_BASE_URL to the final origin, or remove the redirect rule in Cloudflare",
        RECOVERY,
        Prevention(
            configuration="Keep redirect rules off the API's host.",
            process="Run the checks after each change of the zone's rules.",
        ),
    ),
    Cause(
        "connection-lost",
        "The connection broke off in the middle of an answer.",
        "repeat the run; if it stays: npx wrangler tail, and look at cloudflarestatus.com",
        RECOVERY,
        Prevention(configuration="Watch from two regions, so that a network is told from the service."),
    ),
    Cause(
        "answer-too-large",
        "An answer was larger than 8 MiB and was not read to its end.",
        "ask for less (a smaller limit), and find out what grew: npx wrangler tail",
        RECOVERY,
        Prevention(code="Give the endpoint a page size with an upper limit."),
    ),
    Cause(
        "tls-invalid",
        "The certificate of the server is expired, for another name, or signed by nobody we trust; browsers "
        "refuse it too.",
        "echo | openssl s_client -connect HOST:443 | openssl x509 -noout -dates -subject ; Cloudflare -> "
        "SSL/TLS -> Edge Certificates",
        RECOVERY,
        Prevention(
            configuration="Let the certificate renew itself, and alert 14 days before its end.",
            process="Add each new host name to the certificate before it is published.",
        ),
    ),
    Cause(
        "browser-failed",
        "The browser on this machine did not start, or broke down; nothing was learned about the site.",
        "chromium --version ; set DEEPLEARN_CHECKS_BROWSER to another one, raise DEEPLEARN_CHECKS_TIMEOUT, or leave it "
        "out: --without browser",
        CTO_TAB,
        Prevention(process="Run the browser's part where Chromium is kept up to date, such as in CI."),
    ),
    Cause(
        "page-not-judged",
        "A page came up without a failure of its own, but what a visitor waits for did not show: other hosts were "
        "missing, time was short, or the page looks different from what is looked for.",
        "look at the screenshot; open {pages}/console/ and {pages}/learn/ in a browser; raise DEEPLEARN_CHECKS_TIMEOUT",
        CTO_TAB,
        Prevention(
            code="Give the heading and the sign-in control accessible names, and draw them without other hosts."
        ),
    ),
    Cause(
        "not-recorded",
        "The bundle holds no answer to this question: another version of the diagnostics recorded it, or the recorded "
        "run ended before the answer came. Nothing was learned about the target.",
        "record the target again with this version: deeplearn-checks run --record BUNDLE",
        RECOVERY,
        Prevention(process="Record again after every update of deeplearn-checks, and keep the two versions together."),
    ),
    Cause(
        "bug-in-deeplearn-checks",
        "The check itself is broken; nothing was learned about the target.",
        "report it with the log of this run",
        RECOVERY,
        Prevention(code="Add the reported answer to the tests of deeplearn-checks."),
    ),
    Cause(
        "interrupted",
        "The run was stopped before the answer came.",
        "run it again",
        RECOVERY,
        Prevention(process="Give scheduled runs a deadline that fits their time slot."),
    ),
    Cause(
        "cannot-tell",
        "The service shows only a part of its rows, and the answer depends on the rest.",
        "narrow the question, or hold all rows against each other with an export of the database",
        RECOVERY,
        Prevention(process="Hold all rows against each other with an export, once a week."),
    ),
)
