"""Undos whose content is not told: the process that finds what they mean among the stored acts, and makes the retractions."""
