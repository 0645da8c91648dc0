"""The mesh."""
