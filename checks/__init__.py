"""The health suite: `checks/` in a checkout, `deeplearn_checks.suite` where the wheel is installed."""
