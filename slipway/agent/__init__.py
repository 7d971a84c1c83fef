"""The agent on a server: called once for each step, standard library only, Python 3.9 or newer."""
