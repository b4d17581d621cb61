"""The Faust worker: batches of records in, rows out. Start reading at `cycle`."""
