"""Razorpay's webhooks, as operators handle them: events from templates, why a signature does not match, deliveries."""
