"""`make check-image`: builds the image without a container engine, and runs what it built."""
