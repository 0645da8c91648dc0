from core.config import RETRIES

print(f"up to {RETRIES} attempts")
