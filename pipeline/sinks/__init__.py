"""Where rows go: one protocol (`base.Sink`), the ClickHouse writer, an in-memory twin, migrations."""
