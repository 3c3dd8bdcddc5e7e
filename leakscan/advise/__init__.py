"""Advice: what to do about each kind of leaked credential."""
