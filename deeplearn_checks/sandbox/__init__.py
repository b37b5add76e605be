"""The DeepLearn service in a box: its API, its site and its gateway over one state, with faults."""
