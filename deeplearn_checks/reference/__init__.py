"""The operators' reference, written from the catalogue, the causes, the rules and the settings: it cannot go stale.

`python -m deeplearn_checks.reference DIR` writes its pages; a test holds the ones in `docs/` to it.
"""
