"""The runbook's playbooks, walked for one person: one lead, one certificate.

A walk asks only what it needs, judges link by link, and stops guessing where it cannot know.
"""
