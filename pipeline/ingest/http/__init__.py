"""The front doors over HTTP: `/v1/events`, `/webhooks/<platform>` and the tracked links, in a process of their own."""
