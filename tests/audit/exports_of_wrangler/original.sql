-- Invented rows that are hard to write down. `wrangler d1 execute --local --file original.sql` and
-- `wrangler d1 export --local --output FILE` of the versions in the names made the files beside this one.
CREATE TABLE lead_registrations (
  lead_id TEXT PRIMARY KEY, full_name TEXT NOT NULL DEFAULT '', email TEXT NOT NULL DEFAULT '',
  payment_status TEXT NOT NULL DEFAULT 'registered', paid_at_ms INTEGER, metadata_json TEXT NOT NULL DEFAULT '{}',
  created_at_ms INTEGER NOT NULL, updated_at_ms INTEGER NOT NULL
);
INSERT INTO lead_registrations VALUES
  ('quotes', 'O''Brien "and" `tick` [x]; -- no comment /* either */', 'a@example.org', 'paid', 1790000000000,
   '{"crm_notes": "it''s; \"q\" \u00fc", "amount_cents": 749900, "currency": "INR"}', 1790000000000, 1790000000001),
  ('lines', 'two' || char(10) || 'lines' || char(13, 10) || 'and' || char(9) || 'a tab', 'b@example.org', 'registered', NULL,
   '{}', 1790000000000, 1790000000000),
  ('slashes', 'C:\new\readme\', '', 'registered', NULL, '{not json', 1790000000000, 1790000000000),
  ('scripts', 'अनन्या 🩺' || char(8232, 8238, 65279), 'ü@example.org', 'registered', NULL, '{}', 1790000000000, 0),
  ('null character', 'a' || char(0) || '''b', 'c@example.org', 'registered', NULL, '{}', 1790000000000, 1790000000000),
  ('words', 'NULL, Infinity', 'replace(x,''\n'',char(10))', 'registered', NULL, '{}', 1790000000000, 1790000000000),
  ('bytes', X'0001FF2778', '', 'paid', 0.5, X'7B7D', -1, 9007199254740991),
  ('no numbers', '', '', 'paid', 'soon', '', 9e999, -9e999);
CREATE TABLE IF NOT EXISTS "odd; 'name'" ("a b" TEXT, "order" INTEGER, twice INTEGER AS ("order" * 2) STORED);
INSERT INTO "odd; 'name'" ("a b", "order") VALUES ('x;y', 3);
CREATE TABLE content_generation_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, status TEXT NOT NULL, message TEXT, created_at_ms INTEGER
);
INSERT INTO content_generation_runs (status, created_at_ms) VALUES ('success', 1790000000000), ('error', 1790000000000);
CREATE INDEX by_address ON lead_registrations (email, created_at_ms);
CREATE VIEW paid AS SELECT lead_id FROM lead_registrations WHERE payment_status = 'paid';
CREATE TRIGGER noted AFTER INSERT ON content_generation_runs BEGIN
  SELECT 'x;y';
  INSERT INTO "odd; 'name'" ("a b") VALUES ('END;');
END;
ANALYZE;
