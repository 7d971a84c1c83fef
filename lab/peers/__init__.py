"""Other ways to change the version of one application on one server, for the benchmark.

Each is used as its own documentation recommends, with the same images from the same registry.
"""
