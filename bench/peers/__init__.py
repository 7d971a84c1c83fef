"""Other ways to change the version of one application on one server, for the benchmark.

Each is used as its documentation recommends, with the same images from the same registry.
"""
