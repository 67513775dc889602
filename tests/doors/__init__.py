"""Every route, asked by everybody, about everybody's things.

expected.csv is kept by hand: what each actor is answered when asking for something that is theirs to
look at. What follows from it for foreign, missing, deleted and absurd ids stands in asking.py. A new
route fails test_doors.py, which prints the lines that it wants."""
