"""Real Kafka and a real ClickHouse engine from Python packages alone: for the demo and the tests, never needed in production."""
