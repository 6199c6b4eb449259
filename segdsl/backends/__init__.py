"""How a database says it: the tree as meant to a relational plan to SQL."""
