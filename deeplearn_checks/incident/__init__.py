"""The runbook's alert workflow: from open alerts to what is wrong, who is hit, and a proof that it is over."""
