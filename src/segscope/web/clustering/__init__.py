"""The cards of the Clustering tab, one idea a file."""
