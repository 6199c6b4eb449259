"""Who is in both? Conflict analysis without data."""
