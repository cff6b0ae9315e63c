"""One page a file: the question it answers, its layout, its callbacks, its parts."""
