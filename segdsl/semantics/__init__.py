"""What it means: the tree as written plus a catalog to the typed tree as meant."""
