"""Libraries that have a quicker way of their own."""
