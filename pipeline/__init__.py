"""Share Cascades: share events in, live cascade depth and secondary reach out."""
