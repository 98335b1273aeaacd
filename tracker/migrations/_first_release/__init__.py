"""The tables of the first release, by what they are about; and their first rows.

Frozen with `0001_first_release`: a later migration changes the tables, never these files.
"""
