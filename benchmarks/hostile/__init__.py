"""A hostile week: attacks on real runs from outside, unattended. docs/reliability.md.

`campaign` is the command, `trials` does one trial after the other, `commands` runs the scripts and
says what is a fault, `runs` makes what is attacked. Each other module is one attack.
"""
