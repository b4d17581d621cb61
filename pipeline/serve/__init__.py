"""The live page and its API. Reads ClickHouse, writes nothing."""
