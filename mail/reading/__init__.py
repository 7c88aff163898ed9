"""Understanding a letter that came in: bytes in, facts out. No tables, no network, no models."""
