"""What the commands of `pipeline.cli` do, one file per command. Parts meet here and nowhere else."""
