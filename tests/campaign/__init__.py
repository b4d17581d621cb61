"""The fault campaign: real workers, a real broker and a real engine, struck at random while cascades flow."""
