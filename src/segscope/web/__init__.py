"""The web application: one process, FastAPI outside, Dash inside."""
