"""What runs the rules: SQLite, DuckDB or Spark, all of one shape (`engine.Engine`)."""
