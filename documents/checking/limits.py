"""How much a file may cost. What goes beyond is refused, not waited for."""

MB = 1024 * 1024

# -- The process that looks at one file ------------------------------------------------------
# All that it maps, libraries included: so it can never hold more.
MEMORY = 248 * MB  # bytes
# Processor time, which does not depend on what else the machine does: the verdict, the pictures.
VERDICT_SECONDS = 1.7
PICTURES_SECONDS = 6.0
# By the clock, for what hangs without computing, on a machine that is busy with other things.
WALL_SECONDS = 45.0
WRITTEN = 64 * MB  # bytes of one file that it writes

# -- Pictures --------------------------------------------------------------------------------
PIXELS = 64_000_000
SCANS = 100  # of a progressive JPEG: each is a pass over the whole picture

# -- PDF -------------------------------------------------------------------------------------
PAGES = 1000
OBJECTS = 60_000
NESTING = 100  # of arrays and dictionaries
FILTERS = 4  # one after the other, on one stream
UNPACKED_STREAM = 48 * MB  # bytes
UNPACKED = 192 * MB  # all together, pictures aside
UNPACKED_PICTURES = 1024 * MB  # which are drawn line by line
PIXEL = 8  # bytes at most: four colours of two bytes

# -- What is made ----------------------------------------------------------------------------
PICTURES = 20  # of the first pages
LONGEST_SIDE = 1400  # pixels
