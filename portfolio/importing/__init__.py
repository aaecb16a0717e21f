"""From a spreadsheet to a plan of what an import would do.

`reading` turns a file into headings and rows, `mapping` says what each column means, `parsing`
turns cells into values and `planning` compares the outcome with what is already known. None of
them touches the database; `apply` does, and nothing else here.
"""
