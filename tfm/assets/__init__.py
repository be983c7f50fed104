"""What the course ships besides code: checkpoints, vocabularies, a text, a font (`python -m tfm.assets.build`)."""
