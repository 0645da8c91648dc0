"""Settings of the sample."""
DATA_DIR = "data"
RETRIES = 5
