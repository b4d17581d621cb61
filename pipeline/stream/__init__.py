"""The Faust part: batch transport, ledger, agents, partition state, dead letters. No cascade rules."""
