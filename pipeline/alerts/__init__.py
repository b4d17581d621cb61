"""Delivery of alerts: from `share.alerts` to people and systems, at least once under the same id. What is viral is decided elsewhere."""
