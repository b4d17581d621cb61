"""Collectors: this side goes and gets it. Firehoses (a socket that stays open) and pollers (a question asked again and again)."""
