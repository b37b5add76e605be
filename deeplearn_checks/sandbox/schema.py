"""The service's tables (D1 is SQLite), with the columns, defaults and unique constraints of the running service."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS lead_registrations (
  lead_id TEXT PRIMARY KEY,
  full_name TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '', phone TEXT NOT NULL DEFAULT '',
  webinar_id TEXT NOT NULL DEFAULT '', source TEXT NOT NULL DEFAULT '', session_id TEXT NOT NULL DEFAULT '',
  course_id TEXT NOT NULL DEFAULT '', course_slug TEXT NOT NULL DEFAULT '', cohort_id TEXT NOT NULL DEFAULT '',
  user_id TEXT NOT NULL DEFAULT '', payment_status TEXT NOT NULL DEFAULT 'registered',
  payment_ref TEXT NOT NULL DEFAULT '', payment_provider TEXT NOT NULL DEFAULT '', paid_at_ms INTEGER,
  metadata_json TEXT NOT NULL DEFAULT '{}', created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_lead_registrations_email ON lead_registrations (email, created_at_ms);
CREATE INDEX IF NOT EXISTS idx_lead_registrations_updated ON lead_registrations (updated_at_ms);
CREATE INDEX IF NOT EXISTS idx_lead_registrations_created ON lead_registrations (created_at_ms);

CREATE TABLE IF NOT EXISTS course_enrollments (
  id TEXT PRIMARY KEY, course_id TEXT NOT NULL, user_id TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'active', progress_pct NUMERIC NOT NULL DEFAULT 0,
  completed_at_ms INTEGER, certificate_url TEXT,
  created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,
  UNIQUE (course_id, user_id)
);
CREATE INDEX IF NOT EXISTS idx_course_enrollments_user ON course_enrollments (user_id);

CREATE TABLE IF NOT EXISTS cohort_enrollments (
  id TEXT PRIMARY KEY, cohort_id TEXT NOT NULL, user_id TEXT NOT NULL, course_id TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'enrolled', progress_pct NUMERIC NOT NULL DEFAULT 0,
  completion_state TEXT NOT NULL DEFAULT 'in_progress',
  completed_at_ms INTEGER, certificate_url TEXT,
  created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,
  UNIQUE (cohort_id, user_id)
);
CREATE INDEX IF NOT EXISTS idx_cohort_enrollments_user ON cohort_enrollments (user_id, course_id);

CREATE TABLE IF NOT EXISTS courses (
  id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'draft',
  price_cents INTEGER NOT NULL DEFAULT 0, start_date TEXT NOT NULL DEFAULT '', end_date TEXT NOT NULL DEFAULT '',
  created_by TEXT NOT NULL DEFAULT '', created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS cohorts (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL DEFAULT '', course_id TEXT NOT NULL, name TEXT NOT NULL,
  mode TEXT NOT NULL DEFAULT 'instructor-led', start_date TEXT NOT NULL DEFAULT '', end_date TEXT NOT NULL DEFAULT '',
  instructor_user_id TEXT NOT NULL DEFAULT '', fee_cents INTEGER NOT NULL DEFAULT 0,
  status TEXT NOT NULL DEFAULT 'draft', created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_cohorts_course ON cohorts (course_id);

CREATE TABLE IF NOT EXISTS cohort_module_unlocks (
  id TEXT PRIMARY KEY, cohort_id TEXT NOT NULL, module_id TEXT NOT NULL, created_at_ms INTEGER NOT NULL,
  UNIQUE (cohort_id, module_id)
);

CREATE TABLE IF NOT EXISTS course_modules (
  id TEXT PRIMARY KEY, course_id TEXT NOT NULL, path_key TEXT NOT NULL DEFAULT 'productivity',
  module_key TEXT NOT NULL, title TEXT NOT NULL, description TEXT NOT NULL DEFAULT '',
  sort_order INTEGER NOT NULL DEFAULT 0, content_markdown TEXT NOT NULL DEFAULT '',
  lab_type TEXT NOT NULL DEFAULT '', unlock_policy TEXT NOT NULL DEFAULT 'cohort',
  estimated_minutes INTEGER NOT NULL DEFAULT 30, is_published INTEGER NOT NULL DEFAULT 0,
  created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL,
  UNIQUE (course_id, module_key)
);

CREATE TABLE IF NOT EXISTS platform_users (
  uid TEXT PRIMARY KEY, email TEXT NOT NULL DEFAULT '', display_name TEXT NOT NULL DEFAULT '',
  role TEXT NOT NULL DEFAULT 'learner', created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS course_staff (
  id TEXT PRIMARY KEY, course_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'teacher',
  created_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_course_staff_course ON course_staff (course_id);

CREATE TABLE IF NOT EXISTS organization_staff (
  id TEXT PRIMARY KEY, org_id TEXT NOT NULL, user_id TEXT NOT NULL, role TEXT NOT NULL DEFAULT 'coordinator',
  created_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS ops_alerts (
  id TEXT PRIMARY KEY, source TEXT NOT NULL, severity TEXT NOT NULL, event_type TEXT NOT NULL,
  message TEXT NOT NULL DEFAULT '', details_json TEXT NOT NULL DEFAULT '{}', dedupe_key TEXT NOT NULL DEFAULT '',
  status TEXT NOT NULL DEFAULT 'open', created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_ops_alerts_dedupe ON ops_alerts (dedupe_key, status);
CREATE INDEX IF NOT EXISTS idx_ops_alerts_created ON ops_alerts (created_at_ms);

CREATE TABLE IF NOT EXISTS lead_events (
  id TEXT PRIMARY KEY, event_name TEXT NOT NULL, webinar_id TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL DEFAULT '', country TEXT NOT NULL DEFAULT '', is_likely_bot INTEGER NOT NULL DEFAULT 0,
  lead_id TEXT NOT NULL DEFAULT '', session_id TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '',
  email_hash TEXT NOT NULL DEFAULT '', value NUMERIC NOT NULL DEFAULT 0, bot_score INTEGER NOT NULL DEFAULT 0,
  asn INTEGER NOT NULL DEFAULT 0, created_at_ms INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS idx_lead_events_webinar ON lead_events (webinar_id, created_at_ms);

CREATE TABLE IF NOT EXISTS content_generation_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, run_type TEXT NOT NULL, status TEXT NOT NULL,
  message TEXT NOT NULL DEFAULT '', post_id TEXT NOT NULL DEFAULT '', created_at_ms INTEGER NOT NULL
);

CREATE TABLE IF NOT EXISTS content_posts (
  id TEXT PRIMARY KEY, slug TEXT NOT NULL UNIQUE, title TEXT NOT NULL DEFAULT '', summary TEXT NOT NULL DEFAULT '',
  content_markdown TEXT NOT NULL DEFAULT '', path TEXT NOT NULL DEFAULT '', tags_json TEXT NOT NULL DEFAULT '[]',
  source_urls_json TEXT NOT NULL DEFAULT '[]', model_name TEXT NOT NULL DEFAULT '',
  prompt_version TEXT NOT NULL DEFAULT '', status TEXT NOT NULL DEFAULT 'draft', generated_at_ms INTEGER,
  approved_at_ms INTEGER, published_at_ms INTEGER, created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);
"""
"""Statements that create every table where it is missing; running them again changes nothing."""
