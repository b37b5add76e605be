"""Reconciliation in bulk: rules over the service's tables, the payments and the certificates, on several engines."""
