"""The doctor's own pages. A doctor sees the own schedule and own patients, and nothing else."""
