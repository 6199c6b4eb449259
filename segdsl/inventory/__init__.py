"""What a database holds, as a catalog would say it: tables as they are seen, and what can be guessed of them.

`seen` is what a look at a database gives, `guesses` what follows from it, `names` what tables and columns are called,
`written` the lines of a catalog, `refresh` an existing catalog with what it lacks. All of it is pure: `warehouse`
looks.
"""
