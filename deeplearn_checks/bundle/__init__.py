"""A recorded run in one file: every exchange, redacted, that can be diagnosed again offline and compared."""
