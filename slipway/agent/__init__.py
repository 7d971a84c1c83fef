"""What runs on a server: one zipapp, called once per step, stdlib only, Python 3.9 or newer."""
