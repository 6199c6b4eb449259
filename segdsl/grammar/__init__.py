"""What was written: text and YAML to the tree as written, and back."""
