"""The bucket itself: what it must be like, making it so, and looking whether it is."""
