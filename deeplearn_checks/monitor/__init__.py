"""Synthetic monitoring: the same diagnostics, all day; what changes is told once."""
