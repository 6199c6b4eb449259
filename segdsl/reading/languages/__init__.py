"""A file for each language that definitions are read in; its name is the language's tag (`zh_hans` is `zh-hans`)."""
