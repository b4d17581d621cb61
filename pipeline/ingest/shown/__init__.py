"""Dead letters that no worker wrote, brought from their topic to `v_dead_letters`: one task of `cascades resolve`."""
