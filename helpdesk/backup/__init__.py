"""A backup is a directory: the database as of one moment, the files, the secret key, and a list of
what must be in it. `SHA256SUMS` names every part, so `sha256sum -c SHA256SUMS` tries it without us."""
