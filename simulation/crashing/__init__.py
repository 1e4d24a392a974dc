"""The crash run: orders live their lives while what carries them is killed again and again, and every step is made to run twice."""
