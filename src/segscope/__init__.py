"""segscope: customer segments that a marketing team can see, trust, name and use."""

__version__ = "0.1.0"
