"""Adopting the checks: what is asked for, how each answer is proved, what is written; and what a machine can do."""
