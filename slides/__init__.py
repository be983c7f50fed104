"""Slides for the teacher: one deck for each part of the course, drawn when it is built."""
