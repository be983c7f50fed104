"""Whole models: a frozen config and an assembly of `tfm.nn`, one file a model."""
