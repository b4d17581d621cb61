"""The contracts: events, rows, topics; generated JSON Schema and AsyncAPI; ClickHouse migrations. No I/O."""
