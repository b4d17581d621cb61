"""The pure core: `fold` puts an event into the state of its content, `freeze` reads rows out of it. No I/O, no clock."""
