"""The clinic in the cloud, as code: `make check-aws` judges it without an account."""
