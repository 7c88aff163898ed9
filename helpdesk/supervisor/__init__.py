"""One command that starts every process of the desk and keeps it running."""
