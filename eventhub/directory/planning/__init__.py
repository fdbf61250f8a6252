"""
What an import of the directory would do: rows of a file against what is known. Pure; writes nothing.

A row is matched on our key first, then on the key of the contact system, then
on its name and the other names, folded. Names are added by imports and never
taken away, since older files find members by them.
"""
