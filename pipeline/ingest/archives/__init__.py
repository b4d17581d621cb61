"""Archives: files that platforms, senders of newsletters and researchers keep, read as streams and put into Kafka."""
