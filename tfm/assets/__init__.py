"""What the course ships besides code: a checkpoint and a font, rebuilt by `python -m tfm.assets.build`."""
