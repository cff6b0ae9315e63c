"""Figures: pure functions from results to Plotly figures, one file a tab. No ids, no input or output, no globals."""
