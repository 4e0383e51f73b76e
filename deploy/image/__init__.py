"""The image: what it runs (`entry`, `health`), how it is made small (`trim`), and its proof."""
