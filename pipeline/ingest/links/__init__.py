"""Tracked links: every visit gets a token of its own, and a link shared with that token makes the next generation, over every network and channel."""
