"""Finished runs as text: each module is one format, a pure function from a `RunReport` to a string."""
