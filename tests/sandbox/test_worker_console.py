"""What the sandboxed service shows operators: platform, catalogue, counts, content, alerts."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

import pytest
from worker import Worker, deployed

from deeplearn_checks.sandbox.app import ENDPOINTS, Endpoint

MINUTE_MS = 60_000
DATA = [endpoint for endpoint in ENDPOINTS if endpoint.needs_database]


@pytest.mark.parametrize("endpoint", DATA, ids=lambda endpoint: f"{endpoint.method} {endpoint.path}")
def test_without_a_database_every_data_endpoint_says_so(endpoint: Endpoint) -> None:
    """A missing database is answered 500, and no alert is stored."""
    worker = deployed(without="DEEPLEARN_DB")

    answer = worker.request(endpoint.method, endpoint.path)

    assert answer.json == {"error": "D1 is not configured."}


@pytest.mark.parametrize("path", ["/", "/health"])
def test_without_a_database_the_pulse_still_beats(path: str) -> None:
    """A healthy `/health` proves nothing about the database."""
    worker = deployed(without="DEEPLEARN_DB")

    answer = worker.get(path)

    assert answer["status"] == "ok"


@pytest.mark.parametrize("path", ["/health/", "/api/admin/courses/x/y", "/nope"])
def test_an_unknown_path_is_answered_in_text(path: str) -> None:
    """Nothing is redirected."""
    worker = deployed()

    answer = worker.get(path)

    assert (answer.status, answer.text, answer.headers["content-type"]) == (
        404,
        "404 Not Found",
        "text/plain; charset=utf-8",
    )


def test_every_answer_carries_the_workers_clock() -> None:
    """A skewed clock shows in the date of an answer, and in the time it names."""
    worker = deployed()
    worker.world.clock_offset = 3600

    answer = worker.get("/nope")

    assert abs(parsedate_to_datetime(answer.headers["date"]).timestamp() * 1000 - worker.world.now_ms()) < MINUTE_MS


@pytest.mark.parametrize(("variables", "status"), [({}, 401), ({"ADMIN_API_TOKEN": ""}, 503)])
def test_admin_endpoints_want_the_token(variables: dict[str, str], status: int) -> None:
    """A wrong token is refused, and so is everybody where none is configured."""
    worker = deployed(**variables)

    answer = worker.get("/api/admin/overview", x_admin_token="ä")

    assert answer.status == status


def test_open_admin_lets_anyone_in_without_a_token() -> None:
    """With no token and open admin the endpoints answer anyone."""
    worker = deployed(ADMIN_API_TOKEN="", ALLOW_OPEN_ADMIN="true")

    answer = worker.request("GET", "/api/admin/overview")

    assert answer.status == 200


def test_open_admin_means_nothing_beside_a_token() -> None:
    """A configured token is wanted whatever else is set."""
    worker = deployed(ALLOW_OPEN_ADMIN="true")

    answer = worker.request("GET", "/api/admin/overview")

    assert answer.status == 401


def test_a_counselor_without_a_key_asks_for_one() -> None:
    """An unset model key is answered 400."""
    worker = deployed(GROQ_API_KEY="")

    answer = worker.post("/api/chat/counselor", {"message": "hello"})

    assert answer.refusal == (400, "message and server GROQ_API_KEY are required.")


def test_a_rejected_model_key_raises_a_warning() -> None:
    """A key that the model refuses fails the counselor."""
    worker = deployed()
    worker.world.model_key = "rotated"

    answer = worker.post("/api/chat/counselor", {"message": "hello"})

    assert (answer.refusal, answer["details"], worker.alerts()) == (
        (500, "Counselor request failed."),
        "Groq request failed: 401 Invalid API Key",
        ["counselor_request_failed"],
    )


def test_a_failing_counselor_without_a_database_still_answers() -> None:
    """An alert that cannot be stored is lost in silence."""
    worker = deployed(without="DEEPLEARN_DB")

    answer = worker.request("POST", "/api/chat/counselor", body=b"{")

    assert answer.refusal == (500, "Counselor request failed.")


def test_a_second_course_of_one_slug_fails() -> None:
    """What the database refuses is answered 500 in its words."""
    worker = deployed()
    worker.course()

    answer = worker.post("/api/admin/courses", {"slug": "ai-101", "title": "Again"})

    assert answer["details"] == "D1_ERROR: UNIQUE constraint failed: courses.slug"


@pytest.mark.parametrize(
    ("path", "body", "refusal"),
    [
        ("courses", {"slug": "x"}, (400, "slug and title are required.")),
        ("cohorts", {"name": "x"}, (400, "course_id and name are required.")),
        ("cohorts", {"name": "x", "course_id": "nope"}, (404, "Course not found.")),
        ("courses/nope/modules", {"title": "x"}, (400, "module_key and title are required.")),
        ("courses/nope/modules", {"title": "x", "module_key": "m"}, (404, "Course not found.")),
        ("courses/nope/staff", {}, (400, "user_id is required.")),
        ("courses/nope/staff", {"user_id": "u"}, (404, "Course not found.")),
    ],
)
def test_the_catalogue_refuses_what_is_incomplete(path: str, body: object, refusal: tuple[int, str]) -> None:
    """Names are required, and the course must exist."""
    worker = deployed()

    answer = worker.post(f"/api/admin/{path}", body)

    assert answer.refusal == refusal


def test_unknown_words_fall_back_to_the_first() -> None:
    """A status or a mode that is none is the default."""
    worker = deployed()
    course_id = worker.course()

    answer = worker.post("/api/admin/cohorts", {"course_id": course_id, "name": "x", "status": "x", "mode": 1})

    assert (answer["cohort.status"], answer["cohort.mode"]) == ("draft", "instructor-led")


def alert(worker: Worker) -> None:
    """Raise the alert of a missing signature."""
    worker.post("/api/funnel/payment/razorpay/webhook")


@pytest.mark.parametrize(("age", "alerts"), [(14 * MINUTE_MS, 1), (16 * MINUTE_MS, 2)])
def test_an_open_alert_absorbs_its_repeats_for_a_quarter_of_an_hour(age: int, alerts: int) -> None:
    """A repeat within 15 minutes only touches the open alert."""
    worker = deployed()
    alert(worker)
    worker.world.execute(f"UPDATE ops_alerts SET created_at_ms = created_at_ms - {age}, updated_at_ms = 0")  # noqa: S608  our own number

    alert(worker)

    assert (len(worker.alerts()), worker.rows("SELECT max(updated_at_ms) > 0 FROM ops_alerts")) == (alerts, [(1,)])


def test_a_closed_alert_absorbs_nothing() -> None:
    """A repeat of a resolved alert is a new one."""
    worker = deployed()
    alert(worker)
    worker.world.execute("UPDATE ops_alerts SET status = 'resolved'")

    alert(worker)

    assert len(worker.alerts()) == 2


def test_broken_details_of_an_alert_show_as_none() -> None:
    """Details that are no JSON do not break the list."""
    worker = deployed()
    alert(worker)
    worker.world.execute("UPDATE ops_alerts SET details_json = '{'")

    answer = worker.get("/api/admin/alerts")

    assert (answer["alerts.0.details"], answer["alerts.0.details_json"]) == ({}, "{")


def test_the_audit_finds_conflicting_roles_and_missing_accounts() -> None:
    """A user with two roles conflicts; staff without a platform user is missing one."""
    worker = deployed()
    worker.world.execute("INSERT INTO platform_users VALUES ('u1', '', '', 'learner', 1, 1)")
    worker.world.execute("INSERT INTO course_staff VALUES ('1', 'c', 'u1', 'teacher', 1)")
    worker.world.execute("INSERT INTO organization_staff VALUES ('1', 'o', 'u2', 'coordinator', 1)")

    answer = worker.get("/api/admin/access/audit")

    assert answer["findings"] == {
        "users_with_multiple_roles": [{"user_id": "u1", "roles": ["learner", "teacher"]}],
        "staff_missing_platform_user": [{"user_id": "u2", "role": "coordinator", "source": "organization_staff"}],
    }


def test_rates_have_two_decimals() -> None:
    """A third is 33.33 percent."""
    worker = deployed()
    worker.pay(worker.lead(worker.course()))
    worker.lead("")
    worker.lead("")

    answer = worker.get("/api/admin/analytics/summary")

    assert answer["funnel.paid_rate_pct"] == 33.33


@pytest.mark.parametrize(("path", "highest"), [("admin/analytics/summary", 365), ("analytics/funnel", 90)])
@pytest.mark.parametrize(("days", "used"), [("0", 1), ("9999", None), ("1e400", 30), ("7.9", 7), ("x", 30)])
def test_days_are_clamped(path: str, highest: int, days: str, used: int | None) -> None:
    """Days lie between 1 and the endpoint's most; what is no number is 30."""
    worker = deployed()

    answer = worker.get(f"/api/{path}?days={days}")

    assert answer["days"] == (highest if used is None else used)


def test_the_funnel_is_one_webinars() -> None:
    """Events of another webinar, and older ones, do not count."""
    worker = deployed()
    worker.lead("", webinar_id="other")
    worker.lead("")
    worker.world.execute("UPDATE lead_events SET created_at_ms = 1 WHERE webinar_id <> 'other'")

    counts = [
        worker.get(f"/api/analytics/funnel?webinar_id={name}")["counts.webinar_registration_submitted"]
        for name in ("other", "deep-rag-live-webinar")
    ]

    assert counts == [1, 0]


def post(worker: Worker, slug: str, tags: str, urls: str, published: int | None) -> None:
    """Publish a post."""
    worker.world.execute(
        "INSERT INTO content_posts (id, slug, tags_json, source_urls_json, status, published_at_ms, created_at_ms, "
        "updated_at_ms) VALUES (?, ?, ?, ?, 'published', ?, 86400000, 1)",
        (slug, slug, tags, urls, published),
    )


@pytest.mark.parametrize(("tags", "urls"), [("{", "{"), ("{}", "5"), ("[5]", "[null]")])
def test_broken_lists_of_a_post_are_empty(tags: str, urls: str) -> None:
    """Tags and sources that are no lists of texts show as none, and the post has no link."""
    worker = deployed()
    post(worker, "p", tags, urls, None)

    answer = worker.get("/api/content/posts")

    assert (answer["posts.0.tags"], answer["posts.0.source_urls"], answer["posts.0.link"], answer["posts.0.date"]) == (
        [],
        [],
        "",
        "1970-01-02",
    )


def test_posts_are_newest_first_and_twenty_at_most() -> None:
    """The limit of posts is 20."""
    worker = deployed()
    for index in range(22):
        post(worker, f"p{index}", "[]", "[]", index + 1)

    answer = worker.get("/api/content/posts?limit=99")

    assert isinstance(answer.json["posts"], list)
    assert [shown["slug"] for shown in answer.json["posts"]] == [f"p{index}" for index in range(21, 1, -1)]


def test_an_unknown_status_of_runs_is_refused() -> None:
    """Runs succeed, are skipped or fail."""
    worker = deployed()

    answer = worker.get("/api/admin/content/runs?status=done")

    assert answer.refusal == (400, "Invalid content run status filter.")
