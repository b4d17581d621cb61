"""Front doors: what brings events into Kafka. For now the replay of files and the sample generator."""
