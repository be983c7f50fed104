"""`tfm`: the building blocks of a course that leads from a perceptron to a Transformer.

Every lesson in `notebooks/` imports from here, and nothing here is defined twice. Importing `tfm` alone
loads nothing heavy; import the room you need: `tfm.nn`, `tfm.models`, `tfm.by_hand`, `tfm.kit`.
"""

__version__ = "0.1.0"
