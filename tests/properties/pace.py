"""How properties are tried: as long as it takes, for a slow machine refutes nothing."""

from hypothesis import HealthCheck, settings

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Sets no limit of time to an example."""
